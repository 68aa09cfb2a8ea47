export type Json = string | number | boolean | null | undefined | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/**
 * True when an event matches a rule's pattern, as EventBridge defines it: every key of the pattern must be there, and
 * one of its listed values must match. Known: literals, prefix, suffix, equals-ignore-case, anything-but, exists, $or.
 *
 * @throws on a kind of value that is not known here: a rule that silently never fires would prove nothing
 */
export function matches(pattern: JsonObject, event: JsonObject): boolean {
  return Object.entries(pattern).every(([key, desired]) => {
    if (key === "$or") return (desired as JsonObject[]).some((part) => matches(part, event));
    const found = event[key];
    if (Array.isArray(desired)) return desired.some((value) => valueMatches(value, found));
    // What is not there has no keys: a key below it does not exist.
    if (found === undefined) return matches(desired as JsonObject, {});
    return isObject(found) && matches(desired as JsonObject, found);
  });
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function valueMatches(desired: Json, found: Json): boolean {
  if (isObject(desired) && "exists" in desired) return desired.exists === (found !== undefined);
  // A list in the event matches when one of its values does.
  if (Array.isArray(found)) return found.some((value) => valueMatches(desired, value));
  if (!isObject(desired)) return desired === found;
  const [kind, operand] = Object.entries(desired)[0] ?? [];
  const text = typeof found === "string" ? found : undefined;
  switch (kind) {
    case "prefix":
      return text?.startsWith(String(operand)) ?? false;
    case "suffix":
      return text?.endsWith(String(operand)) ?? false;
    case "equals-ignore-case":
      return text?.toLowerCase() === String(operand).toLowerCase();
    case "anything-but":
      return found !== undefined && ![operand].flat().some((value) => valueMatches(value, found));
    default:
      throw new Error(`the emulator knows no ${kind} in event patterns`);
  }
}

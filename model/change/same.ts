/** True when two values are the same data: keys that are `undefined` are as good as absent. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return namesOf(a, b).every((name) => isSame((a as Values)[name], (b as Values)[name]));
}

type Values = Record<string, unknown>;

/** Names of what either has. */
export const namesOf = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])];

/** Names of the fields that differ. */
export const differences = (a: object, b: object): string[] =>
  namesOf(a, b).filter((name) => !isSame((a as Values)[name], (b as Values)[name]));

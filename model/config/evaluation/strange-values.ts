import { formatValue, standIn } from "../problem";

/**
 * A value that cannot go from process to process as it is, or would lose what it is. At its place stands a plain one.
 */
export interface Strange {
  path: readonly (string | number)[];
  /** Text of a value that is not data, such as a function. */
  text?: string;
  /** Name of the constructor of an object. */
  maker?: string;
}

/** Copies a value to one that can be sent. Values that refer to themselves do so in the copy. */
export function toSendable(value: unknown): { value: unknown; strange: Strange[] } {
  const strange: Strange[] = [];
  const copies = new Map<object, unknown>();
  const copy = (one: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof one === "function" || typeof one === "symbol" || typeof one === "bigint") {
      strange.push({ path, text: formatValue(one) });
      return undefined;
    }
    if (typeof one !== "object" || one === null) return one;
    if (copies.has(one)) return copies.get(one);
    const maker: unknown = Object.getPrototypeOf(one)?.constructor?.name;
    const made: Record<string | number, unknown> = Array.isArray(one) ? ([] as never) : {};
    copies.set(one, made);
    if (!Array.isArray(one) && typeof maker === "string" && maker !== "Object") strange.push({ path, maker });
    for (const [key, item] of Array.isArray(one) ? one.entries() : Object.entries(one)) {
      // Not an assignment: a key may be `__proto__`.
      const own = { value: copy(item, [...path, key]), enumerable: true, configurable: true, writable: true };
      Object.defineProperty(made, key, own);
    }
    return made;
  };
  return { value: copy(value, []), strange };
}

/** Puts stand-ins for strange values into a value that was received: they are as wrong, and have the same text. */
export function fromSendable({ value, strange }: { value: unknown; strange: readonly Strange[] }): unknown {
  const whole = { value };
  for (const { path, text, maker } of strange) {
    const steps = ["value", ...path];
    const last = steps.pop() as string | number;
    const holder = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], whole);
    const place = holder as Record<string | number, unknown>;
    if (text !== undefined) place[last] = standIn(text);
    // No more of a constructor than its name: the rest is in the other process.
    else Object.setPrototypeOf(place[last], { constructor: { name: maker } });
  }
  return whole.value;
}

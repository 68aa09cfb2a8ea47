/** What lies in a value under a name: what it has by itself, since an attribute may be called `constructor`. */
export const below = (value: unknown, key: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;

/** True when a mask of the format marks anything, at any depth. */
export const marks = (mask: unknown): boolean =>
  mask === true || (typeof mask === "object" && mask !== null && Object.values(mask).some(marks));

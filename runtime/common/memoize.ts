/**
 * Keeps the values that `make` returned for the `size` keys that were used last.
 *
 * Bounded, because the keys come from outside. An undefined value is not kept, because it would push out a usable one.
 */
export function memoizeRecent<Value>(size: number, make: (key: string) => Value | undefined) {
  const values = new Map<string, Value>();
  return (key: string): Value | undefined => {
    const value = values.get(key) ?? make(key);
    if (value === undefined) return undefined;
    // A Map keeps the order of insertion: the first entry is the one that was used least recently.
    values.delete(key);
    values.set(key, value);
    const [oldest] = values.keys();
    if (values.size > size && oldest !== undefined) values.delete(oldest);
    return value;
  };
}

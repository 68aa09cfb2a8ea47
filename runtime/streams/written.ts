/** Values of streams and consumers as people write them, and their names without units. */

const durations = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const sizes = { TiB: 2 ** 40, GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1 };

/** Name of a field without its unit: `maxAgeMs` is `maxAge`. */
export const writtenName = (field: string): string => field.replace(/Ms$/, "");

/** Text of a field's value: `2592000000` of `maxAgeMs` is `30d`, `67108864` of `maxBytes` is `64MiB`. */
export function writtenValue(field: string, value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => writtenValue(field, one)).join(", ")}]`;
  if (typeof value === "number" && value !== 0) {
    if (field.endsWith("Ms")) return inUnits(value, durations);
    if (/Bytes$|Size$/.test(field)) return inUnits(value, sizes);
  }
  return JSON.stringify(value);
}

/** In the largest unit that leaves a whole number. */
function inUnits(value: number, units: Readonly<Record<string, number>>): string {
  const [unit, size] = Object.entries(units).find(([, size]) => value % size === 0) ?? ["", 1];
  return `${value / size}${unit}`;
}

import { formatDuration, formatSize } from "../config/units";

const units: [string, number][] = [
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
];

/** Bytes for people: exact where that is short, else with one decimal. */
export function bytes(count: number): string {
  const exact = formatSize(count);
  if (/^\d{1,4}[A-Z]/.test(exact)) return exact;
  const [name, factor] = units.find(([, size]) => count >= size) ?? ["KiB", 2 ** 10];
  return `${(count / factor).toFixed(1)}${name}`;
}

export const duration = formatDuration;

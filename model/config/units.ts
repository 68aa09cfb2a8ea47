/** Sizes and durations as operators write them. Pure; `undefined` means "not of this form". */

const sizeFactors: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
const durationFactors: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 };

export const sizePattern = /^(\d{1,12})(B|KiB|MiB|GiB|TiB)$/;
export const durationPattern = /^(\d{1,12}(ms|s|m|h|d))+$/;

/** `8MiB` -> 8388608 bytes. Binary units alone: `MB` means two different numbers to NATS and to everyone else. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * (sizeFactors[match[2] ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `1h30m` -> 5400000 milliseconds. */
export function parseDuration(text: string): number | undefined {
  if (!durationPattern.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (durationFactors[unit ?? ""] ?? Number.NaN);
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest spelling that `parseSize` reads back as the same number of bytes. */
export function formatSize(bytes: number): string {
  const unit = ["TiB", "GiB", "MiB", "KiB"].find((name) => bytes > 0 && bytes % (sizeFactors[name] ?? 1) === 0) ?? "B";
  return `${bytes / (sizeFactors[unit] ?? 1)}${unit}`;
}

/** The shortest single-unit spelling that `parseDuration` reads back as the same number of milliseconds. */
export function formatDuration(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((name) => ms > 0 && ms % (durationFactors[name] ?? 1) === 0) ?? "ms";
  return `${ms / (durationFactors[unit] ?? 1)}${unit}`;
}

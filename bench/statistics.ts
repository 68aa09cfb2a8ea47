/** The middle of some numbers; of two in the middle, their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const pick = (i: number) => sorted[i] ?? Number.NaN;
  return sorted.length % 2 === 1 ? pick(Math.floor(middle)) : (pick(middle - 1) + pick(middle)) / 2;
}

/** The quantile of the numbers for this share (0 to 1). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** `1.23 s (1.10 to 1.40)` from milliseconds. */
export function spread(ms: readonly number[]): string {
  const seconds = (value: number) => (value / 1000).toFixed(2);
  return `${seconds(median(ms))} s (${seconds(Math.min(...ms))} to ${seconds(Math.max(...ms))})`;
}

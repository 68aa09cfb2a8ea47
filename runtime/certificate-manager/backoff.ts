const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const delaysMs = [1, 10, 100].map((minutes) => minutes * minuteMs);
/** Added at random, so that many managers that fail for one reason do not come back together. */
const jitter = 0.1;

/** Longest wait: a later instant comes from a clock that was wrong, or from a server that asks for more than a day. */
export const longestWaitMs = dayMs * (1 + jitter);

/** Milliseconds to wait after this many failures in a row: 1, 10, 100 minutes, then a day, and up to a tenth more. */
export function backoffMs(failures: number, random: number): number {
  const delay = delaysMs[failures - 1] ?? dayMs;
  return delay * (1 + jitter * random);
}

/** Public authorities issue five certificates for one set of names in seven days: the last is left for an operator. */
const weekMs = 7 * dayMs;
const certificatesAWeek = 4;

/** Time from which another certificate for the same names may be requested; undefined when it may be now. */
export function afterLimit(now: Date, finalizations: readonly Date[]): Date | undefined {
  const recent = finalizations.map(Number).filter((at) => at > now.getTime() - weekMs && at <= now.getTime());
  const oldest = recent.sort((a, b) => b - a)[certificatesAWeek - 1];
  return oldest === undefined ? undefined : new Date(oldest + weekMs);
}

const minute = 60_000;
const hour = 60 * minute;

/** Intervals that a cron line can say, each a part of an hour or of a day. */
const intervals = [6 * hour, 4 * hour, 3 * hour, 2 * hour, hour, ...[30, 20, 15, 10, 5, 2, 1].map((n) => n * minute)];

/**
 * How often certificates are looked at, in milliseconds: four times at least in the last third of the shortest life, in
 * which they are renewed, so that three attempts may fail. Never more seldom than every six hours, nor more often than
 * every minute.
 */
export function renewalInterval(certificates: readonly { ttlSeconds?: number | undefined }[]): number {
  const shortest = 1000 * Math.min(...certificates.map(({ ttlSeconds }) => ttlSeconds ?? Number.POSITIVE_INFINITY));
  return intervals.find((interval) => interval * 12 <= shortest) ?? minute;
}

/** A line of cron for an interval of `renewalInterval`. */
export function renewalCron(interval: number): string {
  if (interval < hour) return `*/${interval / minute} * * * *`;
  return interval === hour ? "17 * * * *" : `17 */${interval / hour} * * *`;
}

/** The same for EventBridge, which wants the singular for one. */
export function renewalRate(interval: number): string {
  const [count, unit] = interval < hour ? [interval / minute, "minute"] : [interval / hour, "hour"];
  return `rate(${count} ${unit}${count === 1 ? "" : "s"})`;
}

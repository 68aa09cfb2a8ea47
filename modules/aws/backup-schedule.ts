const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/**
 * The same times as expressions of EventBridge, in UTC. It has a sixth field for the year, names days from Sunday = 1
 * on, and takes a day of the month or a day of the week: where cron means either of them, there is an expression for
 * each.
 *
 * @param cron five fields
 */
export function eventBridgeSchedules(cron: string): string[] {
  const [minute, hour, day, month, weekday = "*"] = cron.trim().split(/\s+/);
  const expression = (ofMonth: string, ofWeek: string) => `cron(${minute} ${hour} ${ofMonth} ${month} ${ofWeek} *)`;
  const weekdays = weekday === "*" ? "?" : weekdayNames(weekday);
  if (weekdays === "?") return [expression(day ?? "*", "?")];
  return [...(day === "*" ? [] : [expression(day ?? "*", "?")]), expression("?", weekdays)];
}

/** True for a schedule of every day. */
export const isDaily = (cron: string): boolean => /^\S+ \S+ \* \* \*$/.test(cron.trim().replace(/\s+/g, " "));

/** Cron's 0 to 7, ranges and steps as a list of names; what is a name already stays one. */
function weekdayNames(field: string): string {
  const named = field.split(",").flatMap((part) => {
    const [, from, to, step = "1"] = /^(\*|[0-7])(?:-([0-7]))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (from === undefined) return [part.toUpperCase()];
    const first = from === "*" ? 0 : Number(from);
    const last = to !== undefined ? Number(to) : from === "*" || part.includes("/") ? 6 : first;
    return range(first, last, Number(step)).map((weekday) => days[weekday % 7] ?? part);
  });
  return [...new Set(named)].join(",");
}

const range = (first: number, last: number, step: number): number[] =>
  Array.from({ length: Math.floor((last - first) / Math.max(step, 1)) + 1 }, (_, i) => first + i * Math.max(step, 1));

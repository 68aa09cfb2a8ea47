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

/** Days between two runs at most; undefined for a schedule without a run in two years. Several runs of a day count as one. */
export function longestGapDays(cron: string): number | undefined {
  const [, , day = "*", month = "*", weekday = "*"] = cron.trim().split(/\s+/);
  const weekdays = new Set([...numbers(weekday, 0, 7, days)].map((one) => one % 7));
  const daysOfMonth = numbers(day, 1, 31);
  const months = numbers(month, 1, 12, monthNames);
  const runs = (date: Date) => {
    const byMonthDay = daysOfMonth.has(date.getUTCDate());
    const byWeekday = weekdays.has(date.getUTCDay());
    const byDay = weekday === "*" ? byMonthDay : day === "*" ? byWeekday : byMonthDay || byWeekday;
    return byDay && months.has(date.getUTCMonth() + 1);
  };
  // With a leap year in it: any two years in a row hold every gap of a schedule by days and months.
  const found = range(0, 2 * 366, 1).filter((i) => runs(new Date(Date.UTC(2027, 0, 1 + i))));
  return found.length < 2 ? undefined : Math.max(...found.slice(1).map((at, i) => at - (found[i] ?? at)));
}

const monthNames = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** A field of cron as the set of its numbers. */
function numbers(field: string, least: number, most: number, names: readonly string[] = []): Set<number> {
  const value = (text: string) => {
    const named = names.indexOf(text.toUpperCase());
    return named < 0 ? Number(text) : named + least;
  };
  return new Set(
    field.split(",").flatMap((part) => {
      const [span = "*", step] = part.split("/");
      const [from = "*", to] = span.split("-");
      const first = from === "*" ? least : value(from);
      const last = to !== undefined ? value(to) : from === "*" || step !== undefined ? most : first;
      return range(first, last, Number(step ?? 1));
    }),
  );
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

import type { ObjectChange } from "../model";
import { differencesOf } from "./differences";
import type { ChartObject, RenderedRelease } from "./format";

/** Values of a Secret are hidden whatever they are; their names are not. */
function maskOf(object: ChartObject): object | undefined {
  if (object.kind !== "Secret") return undefined;
  const { data, stringData } = object as { data?: unknown; stringData?: unknown };
  const each = (values: unknown) => Object.fromEntries(Object.keys(values ?? {}).map((key) => [key, true]));
  return { data: each(data), stringData: each(stringData) };
}

/** Objects that come, go or change, in the order of their names; what is random is no change. Pure. */
export function objectChanges({ before, after, again }: RenderedRelease): ObjectChange[] {
  const [was, is, other] = [before, after, again].map(byName) as [Named, Named, Named];
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names.flatMap((object): ObjectChange[] => {
    const [from, to] = [was.get(object), is.get(object)];
    if (!from || !to) return [{ object, action: from ? "destroyed" : "made", differences: [], random: [] }];
    const random = differences(to, other.get(object) ?? to).map(({ path }) => path);
    const changed = differences(from, to).filter(({ path }) => !random.includes(path));
    return changed.length + random.length === 0 ? [] : [{ object, action: "changed", differences: changed, random }];
  });
}

type Named = ReadonlyMap<string, ChartObject>;
const byName = (objects: readonly ChartObject[]): Named =>
  new Map(
    objects.map((one) => {
      const { name, namespace } = one.metadata;
      return [`${one.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`, one];
    }),
  );

/** A text of several lines, such as a configuration, by those that differ. */
function differences(before: ChartObject, after: ChartObject) {
  const [from, to] = onlyChangedLines(before, after);
  return differencesOf(after.kind, {
    actions: ["update"],
    before: from,
    after: to,
    before_sensitive: maskOf(before),
    after_sensitive: maskOf(after),
  });
}

function onlyChangedLines(before: unknown, after: unknown): [unknown, unknown] {
  if (typeof before === "string" && typeof after === "string" && /\n/.test(before + after)) {
    const [was, is] = [before.split("\n"), after.split("\n")];
    const rest = (lines: string[], of: string[]) => {
      const counts = new Map<string, number>();
      for (const line of of) counts.set(line, (counts.get(line) ?? 0) + 1);
      return lines.filter((line) => {
        const left = counts.get(line) ?? 0;
        counts.set(line, left - 1);
        return left <= 0;
      });
    };
    const [gone, come] = [rest(was, is), rest(is, was)].map((lines) => lines.map((line) => line.trim()).join(" ")) as [
      string,
      string,
    ];
    // The same lines in another order, or other spaces, are a difference too.
    return gone === come && before !== after ? [before, after] : [gone, come];
  }
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null)
    return [before, after];
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const pairs = [...new Set([...Object.keys(a), ...Object.keys(b)])].map(
    (key) => [key, onlyChangedLines(a[key], b[key])] as const,
  );
  return [0, 1].map((side) => Object.fromEntries(pairs.map(([key, pair]) => [key, pair[side]]))) as [unknown, unknown];
}

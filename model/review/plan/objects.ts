import type { ObjectChange } from "../model";
import { byMeaning, differencesOf } from "./differences";
import type { ChartObject, RenderedRelease } from "./format";
import type { Net } from "./secrets";

/** Values of a Secret are hidden whatever they are; their names are not. */
function maskOf(object: ChartObject): object | undefined {
  if (object.kind !== "Secret") return undefined;
  const { data, stringData } = object as { data?: unknown; stringData?: unknown };
  const each = (values: unknown) => Object.fromEntries(Object.keys(values ?? {}).map((key) => [key, true]));
  return { data: each(data), stringData: each(stringData) };
}

/** Objects that come, go or change, in the order of their names; what is random is no change. Pure. */
export function objectChanges({ before, after, again }: RenderedRelease, net: Net): ObjectChange[] {
  const [was, is, other] = [before, after, again].map(byName) as [Named, Named, Named];
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names.flatMap((object): ObjectChange[] => {
    const [from, to] = [was.get(object), is.get(object)];
    if (!from || !to) return [{ object, action: from ? "destroyed" : "made", differences: [], random: [] }];
    const random = differences(to, other.get(object) ?? to, net).map(({ path }) => path);
    const changed = differences(from, to, net).filter(({ path }) => !random.includes(path));
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

function differences(before: ChartObject, after: ChartObject, net: Net) {
  const masks = { before_sensitive: maskOf(before), after_sensitive: maskOf(after) };
  const sides = { before: byMeaning(before), after: byMeaning(after) };
  return differencesOf(after.kind, { actions: ["update"], ...sides, ...masks }, net);
}

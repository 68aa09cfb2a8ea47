import { isSame } from "../../change";
import type { Difference } from "../model";
import type { ChangeJson } from "./format";
import { hidden, type Net } from "./secrets";
import { setAttributes } from "./sets";
import { below, marks } from "./within";

const sets: ReadonlySet<string> = new Set([
  ...Object.entries(setAttributes).flatMap(([type, paths]) => paths.map((path) => `${type}.${path}`)),
  // A list to the provider; AWS gives it back in any order.
  "aws_lambda_function.architectures",
]);
const isSetAt = (type: string, path: string) => sets.has(`${type}.${path.replace(/\.\d+(?=\.|$)/g, ".*")}`);

/** Attributes that hold JSON, whose order and spaces mean nothing either. */
const document = /^\s*[[{]/;

interface Values {
  before: unknown;
  after: unknown;
  unknown: unknown;
  beforeMask: unknown;
  afterMask: unknown;
}

const maskOf = (mask: unknown, key: string | number): unknown => (mask === true ? true : below(mask, key));
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/**
 * Attributes of a resource that differ, masked: nothing else of its values leaves this function.
 *
 * @param net takes secrets out of values before they are cut: a part of one is one too
 * @param leaked is told paths where a secret stands in a value that nothing marks
 */
export function differencesOf(
  type: string,
  change: ChangeJson,
  net: Net,
  leaked: (path: string) => void = () => undefined,
): Difference[] {
  const found: Difference[] = [];
  const shown = (value: unknown) => cut(net(textOf(value)));
  const clean = (value: unknown) => (typeof value === "string" ? net(value) : value);
  const isLeak = (value: unknown) => net(textOf(value)) !== textOf(value);
  const forcing = (change.replace_paths ?? []).map((path) => path.join("."));
  const walk = (path: string, values: Values): void => {
    const { before, after, unknown } = values;
    const says = (from: unknown, to: unknown, leaks = to !== undefined && isLeak(to)) => {
      const forces = forcing.some((one) => path === one || path.startsWith(`${one}.`) || one.startsWith(`${path}.`));
      if (leaks) leaked(path);
      found.push({
        path,
        ...(from !== undefined && { from: shown(from) }),
        ...(to !== undefined && { to: shown(to) }),
        ...(forces && { forces: true as const }),
      });
    };
    if (values.beforeMask === true || values.afterMask === true) {
      if (unknown === true) says(before === undefined ? undefined : hidden, "(known after apply)");
      else if (!isSame(before, after))
        says(before == null ? undefined : hidden, after == null ? undefined : `${hidden}, changed`);
      return;
    }
    if (unknown === true) {
      says(before ?? undefined, "(known after apply)");
      return;
    }
    const [from, to] = [asDocument(before), asDocument(after)];
    if (isObject(from) || isObject(to)) {
      const isSet = isSetAt(type, path);
      // What is not known yet stands at a place of its own, and the others have no order.
      if (isSet && marks(unknown)) {
        const isHidden = marks(values.beforeMask) || marks(values.afterMask);
        says(isHidden ? hidden : (before ?? undefined), "(known after apply)");
        return;
      }
      const [a, b] = isSet ? [ordered(from), ordered(to)] : [from, to];
      const keys = new Set([a, b, unknown].flatMap((one) => (isObject(one) ? Object.keys(one) : [])));
      for (const key of keys)
        walk(path === "" ? key : `${path}.${key}`, {
          before: below(a, key),
          after: below(b, key),
          unknown: below(unknown, key),
          beforeMask: anyMask(values.beforeMask, key, isSet),
          afterMask: anyMask(values.afterMask, key, isSet),
        });
      return;
    }
    if (!isSame(before ?? undefined, after ?? undefined)) {
      // A key of several lines is known as a whole, and not by those that differ.
      const [old, now] = changedLines(clean(before), clean(after));
      const leaks = now !== undefined && now !== null && isLeak(after) && textOf(now).includes(hidden);
      says(old ?? undefined, now ?? undefined, leaks);
    }
  };
  walk("", {
    before: change.before ?? undefined,
    after: change.after ?? undefined,
    unknown: change.after_unknown,
    beforeMask: change.before_sensitive,
    afterMask: change.after_sensitive,
  });
  return found;
}

/** In a set that is put in order a mask belongs to nobody: one that marks an element marks all. */
const anyMask = (mask: unknown, key: string, isSet: boolean): unknown =>
  isSet && isObject(mask) && marks(mask) ? true : maskOf(mask, key);

function asDocument(value: unknown): unknown {
  if (typeof value !== "string" || !document.test(value)) return value;
  try {
    return byMeaning(JSON.parse(value));
  } catch {
    return value;
  }
}

/** Lists of IAM policies and trust whose order means nothing. */
const unordered: ReadonlySet<string> = new Set([
  ...["Action", "NotAction", "Resource", "NotResource", "Statement"],
  ...["AWS", "Service", "Federated"],
]);

/** A document with lists of named things, such as containers and their variables, by these names. */
export function byMeaning(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const inner = value.map((one) => byMeaning(one));
    const names = inner.map((one) => nameOf(one));
    if (names.length > 0 && names.every((name) => name !== undefined) && new Set(names).size === names.length)
      return Object.fromEntries(inner.map((one, i) => [names[i], one]));
    return unordered.has(key) ? ordered(inner) : inner;
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, byMeaning(inner, name)]));
}

const nameOf = (value: unknown): string | undefined => {
  const name = below(value, "name") ?? below(value, "Sid");
  return typeof name === "string" && name !== "" ? name : undefined;
};

/** Of two texts of several lines, such as configurations or values of a chart, the lines that differ. */
function changedLines(before: unknown, after: unknown): [unknown, unknown] {
  if (typeof before !== "string" || typeof after !== "string" || !/\n/.test(before + after)) return [before, after];
  const [was, is] = [before.split("\n"), after.split("\n")];
  const [gone, come] = [linesWithout(was, is), linesWithout(is, was)];
  // The same lines in another order, or other spaces, are a difference too.
  return gone === come ? [before, after] : [gone, come];
}

function linesWithout(lines: readonly string[], others: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  const rest = lines.filter((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left <= 0;
  });
  return rest.map((line) => line.trim()).join(" ");
}

const ordered = (value: unknown): unknown =>
  Array.isArray(value) ? [...value].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value;

/** Longest value in a report. */
const longest = 200;

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function cut(text: string): string {
  const characters = [...text];
  return characters.length <= longest
    ? text
    : `${characters.slice(0, longest).join("")}… (${characters.length} characters)`;
}

import fc from "fast-check";
import awsProduction from "../../environments/aws-production";
import demo from "../../environments/demo";
import ec2Production from "../../environments/ec2-production";
import kubernetesProduction from "../../environments/kubernetes-production";
import territories from "../../environments/territories";

/** The environments that are shipped. */
export const shipped = [awsProduction, demo, ec2Production, kubernetesProduction, territories];

type Container = Record<string | number, unknown>;
type Place = { parent: Container; key: string | number };

const isContainer = (value: unknown): value is Container => typeof value === "object" && value !== null;

/** Every place of a value, each container once: values that refer to themselves end, too. */
function places(root: Container): Place[] {
  const found: Place[] = [];
  const seen = new Set<unknown>();
  const open = [root];
  for (let parent = open.pop(); parent; parent = open.pop()) {
    if (seen.has(parent)) continue;
    seen.add(parent);
    // Deep enough: values of a mutation may nest ten thousand times.
    if (found.length > 2000) break;
    for (const name of Object.keys(parent)) {
      const key = Array.isArray(parent) ? Number(name) : name;
      found.push({ parent, key });
      const value = parent[key];
      if (isContainer(value)) open.push(value);
    }
  }
  return found;
}

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 ? { a: value } : [value];
  return value;
};
/** Two references to one value at each of forty levels: a million million leaves. */
const doubled = (): unknown => {
  let value: unknown = {};
  for (let i = 0; i < 40; i++) value = { a: value, b: value };
  return value;
};

/** Values that nobody should write, and some that are right in other places. Made anew each time. */
const oddValues: readonly (() => unknown)[] = [
  ...[
    undefined,
    null,
    true,
    false,
    "",
    " ",
    "x",
    "APP",
    "core",
    "8MB",
    "8 MiB",
    "7 d",
    "1e3",
    "0s",
    "0B",
    "25h",
    "*",
    ">",
  ],
  ...[Number.NaN, Number.POSITIVE_INFINITY, -0, 0, -1, 1, 3, 1.5, 1e300, 2 ** 31, Number.MAX_SAFE_INTEGER + 1, 5n],
  ...["999999999999TiB", "999999999d", "é", "💥", "\ud800", "\u0000", "a\nb", "ａ", "x".repeat(5000), "__proto__"],
  ...["constructor", "aws-ecs", "aws-ec2", "kubernetes", "hosts", "gke", "operator", "callout", "2.10.0", "2.15.0"],
  ...[
    "2.14",
    "https://[",
    "wss://x",
    "_INBOX.>",
    "{sub}",
    "{",
    "$SYS.>",
    "10.0.0.0/8",
    "az:",
    "2027-02-30",
    Symbol("s"),
  ],
].map((value) => () => value);
const oddObjects: readonly (() => unknown)[] = [
  () => [],
  () => ({}),
  () => [[]],
  () => [undefined],
  () => new Array(3),
  () => ["a", "a"],
  () => new Date(Number.NaN),
  () => new Map([["a", 1]]),
  () => Object.create(null),
  () => Object.freeze({ a: Object.freeze([]) }),
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  () => () => "x",
  () => class Odd {},
  () => /x/,
  () => new Error("odd"),
  () => Promise.resolve(1),
  () => ({ [Symbol("k")]: 1 }),
  () => ({ toString: null, toJSON: null, valueOf: null }),
  () => nested(10_000),
  doubled,
];
const oddKeys = [
  "__proto__",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "toString",
  "",
  " ",
  "é",
  "a.b",
  "0",
  "then",
];

const slips: readonly ((word: string) => string)[] = [
  (word) => word.slice(1),
  (word) => word.slice(0, -1),
  (word) => `${word}${word.at(-1) ?? "x"}`,
  (word) => word.toUpperCase(),
  (word) => word.split("").reverse().join(""),
  (word) => `${word} `,
];

function set(parent: Container, key: string | number, value: unknown): void {
  if (Object.isFrozen(parent)) return;
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Written as data, so that a failing run says what it did. */
export interface Mutation {
  at: number;
  kind: "remove" | "rename" | "add" | "value" | "object" | "list" | "wrap" | "copy" | "slip" | "double" | "number";
  pick: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(100_000),
  kind: fc.constantFrom(
    ...(["remove", "rename", "add", "value", "object", "list", "wrap", "copy", "slip", "double", "number"] as const),
  ),
  pick: fc.nat(100_000),
});

/** Which of the shipped environments, and what is done to it. */
export const mutated = fc.record({
  environment: fc.nat(shipped.length - 1),
  mutations: fc.array(mutation, { minLength: 1, maxLength: 5 }),
});

const chosen = <T>(values: readonly T[], pick: number): T => values[pick % values.length] as T;

/** The shipped environment with all of that done to it. */
export function mutate(environment: number, mutations: readonly Mutation[]): { name: string; input: unknown } {
  const source = chosen(shipped, environment);
  const root = structuredClone(source) as unknown as Container;
  for (const each of mutations) apply(root, each);
  return { name: source.name, input: root };
}

function apply(root: Container, { at, kind, pick }: Mutation): void {
  const all = places(root);
  if (all.length === 0) return;
  const { parent, key } = chosen(all, at);
  if (Object.isFrozen(parent)) return;
  const value = parent[key];
  switch (kind) {
    case "remove":
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      break;
    case "rename":
      if (Array.isArray(parent)) break;
      delete parent[key];
      set(parent, chosen([...slips.map((slip) => slip(String(key))), ...oddKeys], pick), value);
      break;
    case "add":
      set(isContainer(value) && !Array.isArray(value) ? value : root, chosen(oddKeys, pick), pick);
      break;
    case "value":
      set(parent, key, chosen(oddValues, pick)());
      break;
    case "object":
      set(parent, key, chosen(oddObjects, pick)());
      break;
    case "list":
      set(parent, key, Array.isArray(value) ? Object.assign({}, value) : [value]);
      break;
    case "wrap":
      set(parent, key, { value });
      break;
    case "copy": {
      const from = chosen(all, pick);
      set(parent, key, pick % 7 === 0 ? root : from.parent[from.key]);
      break;
    }
    case "slip":
      if (typeof value === "string") set(parent, key, chosen(slips, pick)(value));
      break;
    case "double":
      if (Array.isArray(parent)) parent.push(value);
      break;
    case "number":
      if (typeof value === "number")
        set(parent, key, chosen([value + 1, value - 1, -value, value * 1e6, value / 3], pick));
  }
}

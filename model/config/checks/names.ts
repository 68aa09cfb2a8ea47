import { valueAt } from "../known-keys";
import type { Problem } from "../problem";
import { type Check, clustersOf, dict, list, sizeOf, text } from "./raw";

function duplicates(values: readonly unknown[], pathOf: (i: number) => Problem["path"], what: string): Problem[] {
  const first = new Map<unknown, number>();
  return values.flatMap((value, i) => {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, i);
    return value === undefined || earlier === undefined
      ? []
      : [{ path: pathOf(i), got: value, message: `is the same ${what} as in entry ${earlier}` }];
  });
}

export const uniqueNames: Check = (env) => [
  ...duplicates(
    list(env.streams).map((stream) => {
      const { cluster, account = "APP", name } = dict(stream);
      const parts = [text(cluster), text(account), text(name)];
      return parts.includes(undefined) ? undefined : parts.join("/");
    }),
    (i) => ["streams", i, "name"],
    "stream",
  ).map((problem) => ({ ...problem, got: dict(list(env.streams)[problem.path[1] as number]).name })),
  ...list(env.streams).flatMap((stream, i) =>
    duplicates(
      list(dict(stream).consumers).map((consumer) => dict(consumer).name),
      (c) => ["streams", i, "consumers", c, "name"],
      "consumer",
    ),
  ),
  ...clustersOf(env).flatMap(([name, cluster]) => {
    const machines = list(dict(cluster.platform).hosts).map(dict);
    const at = (key: string) => (i: number) => ["clusters", name, "platform", "hosts", i, key];
    return [
      ...duplicates(
        machines.map((machine) => machine.name),
        at("name"),
        "name",
      ),
      ...duplicates(
        machines.map((machine) => machine.meshAddress),
        at("meshAddress"),
        "address",
      ),
    ];
  }),
];

/** Servers are named after their cluster, and on hosts after their machine: two names joined can read as two others. */
export const serverNames: Check = (env) => {
  const owners = new Map<string, string>();
  return clustersOf(env).flatMap(([cluster, value]) => {
    const machines = dict(value.platform).hosts;
    const parts = Array.isArray(machines)
      ? machines.map((machine) => text(dict(machine).name))
      : Array.from({ length: Math.min(sizeOf(value) ?? 0, 15) }, (_, i) => String(i));
    return parts.flatMap((part, i): Problem[] => {
      const name = `${cluster}-${part}`;
      const owner = owners.get(name);
      if (part === undefined || owner === cluster) return [];
      if (owner === undefined) {
        owners.set(name, cluster);
        return [];
      }
      const path = ["clusters", cluster, ...(Array.isArray(machines) ? ["platform", "hosts", i, "name"] : [])];
      const message = `names a server ${name}, as cluster ${owner} does`;
      return [{ path, got: Array.isArray(machines) ? part : cluster, message, fix: "rename one of both" }];
    });
  });
};

/** zod ignores this key of a record silently. */
export const prototypeKeys: Check = (env) => {
  const records = ["accounts", "clusters", "tags"].map((key) => [key]);
  const inner = [
    ["nats", "metadata"],
    ["nats", "featureFlags"],
    ["identity", "services"],
  ];
  const variables = Object.keys(dict(valueAt(env, ["identity", "services"]))).map((service) => [
    ...["identity", "services", service, "runs", "variables"],
  ]);
  return [...records, ...inner, ...variables].flatMap((path) => {
    const record = dict(valueAt(env, path));
    const key = "__proto__";
    return Object.hasOwn(record, key) ? [{ path: [...path, key], got: key, message: "is not a valid name" }] : [];
  });
};

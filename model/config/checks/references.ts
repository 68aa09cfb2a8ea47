import type { Problem } from "../problem";
import { leafsOf } from "./links";
import { accountsOf, type Check, clustersOf, dict, isDict, list, sizeOf, text, unknownName } from "./raw";

export const reservedAccounts: Check = (env) =>
  (accountsOf(env) ?? [])
    .filter((name) => name === "SYS" || name === "AUTH")
    .map((name) => ({
      path: ["accounts", name],
      got: name,
      message: "is one of natsform's own accounts",
      fix: "choose another name; users must never land in SYS or AUTH",
    }));

export const accountReferences: Check = (env) => {
  const known = accountsOf(env);
  if (known === undefined) return [];
  const refuse = (path: Problem["path"], name: unknown): Problem[] =>
    typeof name === "string" && !known.includes(name) ? [unknownName(path, name, "account", known)] : [];
  const identity = dict(env.identity);
  return [
    ...list(identity.permissions).flatMap((rule, i) =>
      refuse(["identity", "permissions", i, "account"], dict(rule).account),
    ),
    ...Object.entries(dict(identity.services)).flatMap(([name, service]) =>
      refuse(["identity", "services", name, "account"], dict(service).account),
    ),
    ...list(env.streams).flatMap((stream, i) => {
      if (!isDict(stream)) return [];
      return refuse(["streams", i, "account"], stream.account === undefined ? "APP" : stream.account);
    }),
    ...clustersOf(env).flatMap(([name, cluster]) => [
      ...list(dict(cluster.leafOf).accounts).flatMap((account, i) =>
        refuse(["clusters", name, "leafOf", "accounts", i], account),
      ),
      ...Object.entries(dict(cluster.foreignLeafs)).flatMap(([leaf, value]) =>
        list(dict(value).accounts).flatMap((account, i) =>
          refuse(["clusters", name, "foreignLeafs", leaf, "accounts", i], account),
        ),
      ),
    ]),
  ];
};

/** What services and links use is there, in their own account. */
export const usesReferences: Check = (env) => {
  const streams = list(env.streams).map(dict);
  // What a stream without a name is called cannot be known: it is a problem already, and may be the one that is meant.
  if (streams.some(({ name }) => text(name) === undefined)) return [];
  const services = Object.entries(dict(dict(env.identity).services)).map(([service, value]) => {
    const { account, uses } = dict(value);
    return { path: ["identity", "services", service, "uses"], account, uses };
  });
  const links = leafsOf(env).flatMap((leaf) =>
    leaf.links.map(([account, { uses }]) => ({ path: [...leaf.path, "links", account, "uses"], account, uses })),
  );
  return [...services, ...links].flatMap(({ path, account, uses }) => {
    if (typeof account !== "string") return [];
    const own = streams.filter((stream) => (stream.account ?? "APP") === account);
    const names = own.flatMap(({ name }) => text(name) ?? []);
    const consumers = own.flatMap(({ name, consumers }) =>
      list(consumers).flatMap((value) => {
        const [stream, consumer] = [text(name), text(dict(value).name)];
        return stream === undefined || consumer === undefined ? [] : [`${stream}/${consumer}`];
      }),
    );
    const refuse = (at: Problem["path"], name: unknown, what: string, known: readonly string[]): Problem[] =>
      typeof name === "string" && !known.includes(name) ? [unknownName([...path, ...at], name, what, known)] : [];
    const used = dict(uses);
    const behind = (prefix: string) =>
      names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
    return [
      ...list(used.consumers).flatMap((name, i) =>
        refuse(["consumers", i], name, `consumer in account ${account}`, consumers),
      ),
      ...list(used.streams).flatMap((name, i) => refuse(["streams", i], name, `stream in account ${account}`, names)),
      ...Object.keys(dict(used.buckets)).flatMap((name) =>
        refuse(["buckets", name], name, `stream KV_… in account ${account}`, behind("KV_")),
      ),
      ...Object.keys(dict(used.objects)).flatMap((name) =>
        refuse(["objects", name], name, `stream OBJ_… in account ${account}`, behind("OBJ_")),
      ),
    ];
  });
};

export const streamReferences: Check = (env) => {
  if (!isDict(env.clusters)) return [];
  const clusters = new Map(clustersOf(env));
  return list(env.streams).flatMap((value, i) => {
    const stream = dict(value);
    const name = text(stream.cluster);
    if (name === undefined) return [];
    const cluster = clusters.get(name);
    if (!cluster) return [unknownName(["streams", i, "cluster"], name, "cluster", [...clusters.keys()])];
    const problems: Problem[] = [];
    if (cluster.jetstream === undefined) {
      problems.push({
        path: ["streams", i, "cluster"],
        got: name,
        message: "names a cluster without JetStream",
        fix: `add clusters.${name}.jetstream`,
      });
    }
    const servers = sizeOf(cluster);
    const replicas = stream.replicas ?? 3;
    if (servers !== undefined && typeof replicas === "number" && replicas > servers) {
      problems.push({
        path: ["streams", i, "replicas"],
        got: replicas,
        message: `R${replicas} needs ${replicas} servers; cluster ${name} has ${servers}`,
        fix: `use at most ${servers}, or more servers`,
      });
    }
    for (const [c, value] of list(stream.consumers).entries()) {
      const desired = dict(value).replicas;
      if (typeof desired === "number" && typeof replicas === "number" && desired > replicas) {
        problems.push({
          path: ["streams", i, "consumers", c, "replicas"],
          got: desired,
          message: `is more than the stream's ${replicas}`,
        });
      }
    }
    return problems;
  });
};

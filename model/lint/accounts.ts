import type { StreamTopology } from "../topology";
import { type EnvironmentRule, pathText, streamViews } from "./context";
import { bytes } from "./units";

/** Checks that an account may have the streams that are declared for it. Each cluster counts for itself. */

const disabled: EnvironmentRule = {
  id: "account-without-jetstream",
  severity: "error",
  impossible: true,
  title: "A stream belongs to an account without JetStream",
  reason: "nats-server refuses it: JetStream not enabled for account.",
  fix: "enable JetStream for the account, or move the stream",
  check: (context) =>
    streamViews(context)
      .filter(({ stream }) => !context.environment.accounts[stream.account]?.jetstream.enabled)
      .map(({ stream, at }) => ({ at: at("account"), message: `account ${stream.account} has no JetStream` })),
};

const limits: EnvironmentRule = {
  id: "account-limits-exceeded",
  severity: "error",
  impossible: true,
  title: "The streams of an account exceed its limits",
  reason:
    "nats-server refuses what exceeds them. Without tiers, bytes count once for each replica, and consumers count for each stream.",
  fix: "raise the limit of the account, or declare less",
  check: (context) =>
    Object.entries(context.environment.accounts).flatMap(([account, { jetstream }]) =>
      context.topology.clusters.flatMap((cluster) => {
        const streams = context.topology.streams.filter(
          (stream) => stream.account === account && stream.cluster === cluster.name,
        );
        return uses(streams)
          .filter(({ key, used }) => used > (jetstream[key] ?? Number.POSITIVE_INFINITY))
          .map(({ key, used, print }) => ({
            at: pathText("accounts", account, "jetstream", key),
            message: `${print(used)} in cluster ${cluster.name}; the limit is ${print(jetstream[key] ?? 0)}`,
          }));
      }),
    ),
};

/** Use by the streams of one account in one cluster, by the limit that bounds it. */
function uses(streams: readonly StreamTopology[]) {
  const reserved = (storage: StreamTopology["storage"]) => {
    const stored = streams.filter((stream) => stream.storage === storage);
    const total = stored.reduce((sum, { maxBytes = 0, replicas }) => sum + maxBytes * replicas, 0);
    // A stream that reserves nothing still needs room for a first byte.
    return stored.length > 0 ? Math.max(1, total) : 0;
  };
  const consumers = Math.max(0, ...streams.map((stream) => stream.consumers.length));
  return [
    { key: "maxFile", used: reserved("file"), print: (n: number) => `${bytes(n)} of file store` },
    { key: "maxMemory", used: reserved("memory"), print: (n: number) => `${bytes(n)} of memory store` },
    { key: "maxStreams", used: streams.length, print: (n: number) => `${n} streams` },
    { key: "maxConsumers", used: consumers, print: (n: number) => `${n} consumers of a stream` },
  ] as const;
}

const exceedServer: EnvironmentRule = {
  id: "account-limits-exceed-server",
  severity: "error",
  impossible: true,
  title: "Accounts are promised more than their only server has",
  reason:
    "A server that is alone adds up the limits of all accounts and does not start when they exceed its own: insufficient storage resources. Clusters do not check it.",
  fix: "raise the store of the server, or lower the limits of the accounts",
  check: ({ environment, topology }) =>
    topology.clusters.flatMap(({ name, servers, jetstream }) => {
      if (!jetstream || servers.length > 1) return [];
      const promised = (key: "maxFile" | "maxMemory") =>
        Object.values(environment.accounts).reduce((total, account) => total + (account.jetstream[key] ?? 0), 0);
      const stores = [
        { key: "file", has: jetstream.fileBytes, promised: promised("maxFile") },
        { key: "memory", has: jetstream.memoryBytes, promised: promised("maxMemory") },
      ];
      return stores
        .filter((store) => store.promised > store.has)
        .map((store) => ({
          at: pathText("clusters", name, "jetstream", store.key),
          message: `accounts are promised ${bytes(store.promised)}; the server has ${bytes(store.has)}`,
        }));
    }),
};

export const accountRules: readonly EnvironmentRule[] = [disabled, limits, exceedServer];

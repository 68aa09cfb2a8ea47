import { formatSize } from "../config/units";
import type { ClusterTopology, StreamTopology, Topology } from "../topology";
import type { ForbiddenChange } from "./model";

/**
 * Stores that become too small for what the streams of before may hold: JetStream reserves `maxBytes` for each replica. A
 * server that starts with less is over its limit, and refuses every message.
 */
export function capacityProblems(before: Topology, after: Topology): ForbiddenChange[] {
  return [...after.clusters.flatMap((cluster) => stores(before, cluster)), ...accounts(before, after)];
}

const kinds = [
  { storage: "file", bytes: "fileBytes", setting: "file" },
  { storage: "memory", bytes: "memoryBytes", setting: "memory" },
] as const;

const reserved = (streams: readonly StreamTopology[]) =>
  streams.reduce((total, { maxBytes = 0, replicas }) => total + maxBytes * replicas, 0);

function stores(before: Topology, { name, jetstream, servers }: ClusterTopology): ForbiddenChange[] {
  const old = before.clusters.find((cluster) => cluster.name === name);
  if (!old?.jetstream || !jetstream) return [];
  const was = old.jetstream;
  return kinds.flatMap(({ storage, bytes, setting }) => {
    const each = jetstream[bytes];
    const streams = before.streams.filter((stream) => stream.cluster === name && stream.storage === storage);
    const largest = Math.max(0, ...streams.map(({ maxBytes = 0 }) => maxBytes));
    const isSmaller = each * servers.length < was[bytes] * old.servers.length || each < was[bytes];
    if (!isSmaller || (largest <= each && reserved(streams) <= each * servers.length)) return [];
    return [
      {
        at: `clusters.${name}.jetstream.${setting}`,
        message: `streams of ${name} reserve ${formatSize(reserved(streams))} of ${storage} store; ${servers.length} servers of ${formatSize(each)} hold less`,
        steps: `first lower maxBytes of ${streams.map((stream) => stream.name).join(", ")}, and nothing else; then the store`,
      },
    ];
  });
}

function accounts(before: Topology, after: Topology): ForbiddenChange[] {
  return after.identity.accounts.flatMap(({ name, limits }) => {
    const old = before.identity.accounts.find((account) => account.name === name);
    const streams = before.streams.filter(({ account }) => account === name);
    return kinds.flatMap(({ storage, setting }) => {
      const key = storage === "file" ? "maxFileBytes" : "maxMemoryBytes";
      const limit = limits[key];
      const most = reserved(streams.filter((stream) => stream.storage === storage));
      if (!old || limit === undefined || limit >= (old.limits[key] ?? Number.POSITIVE_INFINITY) || most <= limit)
        return [];
      const at = `accounts.${name}.jetstream.max${setting === "file" ? "File" : "Memory"}`;
      return [
        {
          at,
          message: `streams of ${name} reserve ${formatSize(most)} of ${storage} store, its limit would be ${formatSize(limit)}`,
          steps: `first lower maxBytes of its streams, and nothing else; then the limit`,
        },
      ];
    });
  });
}

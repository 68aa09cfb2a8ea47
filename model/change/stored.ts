import { type ClusterTopology, platformModel, type Topology } from "../topology";
import type { Loss, ServerChange } from "./model";
import { streamsOn } from "./streams";

/**
 * What is stored and no longer reached: of clusters, JetStream and accounts that are taken out, and of memory and disks that
 * end.
 *
 * @param onPlatform false for a twin, whose disks stay whatever happens to its servers
 */
export function storedLosses(
  before: Topology,
  after: Topology,
  servers: readonly ServerChange[],
  onPlatform: boolean,
): Loss[] {
  return [
    ...before.clusters.flatMap((cluster) => clusterLosses(before, after, cluster, servers, onPlatform)),
    ...accountLosses(before, after),
  ];
}

function clusterLosses(
  before: Topology,
  after: Topology,
  old: ClusterTopology,
  servers: readonly ServerChange[],
  onPlatform: boolean,
): Loss[] {
  if (!old.jetstream) return [];
  const { name } = old;
  const cluster = after.clusters.find((one) => one.name === name);
  const stored = streamsOn(before, old);
  const all = stored.length === 0 ? "" : `: ${stored.map((stream) => stream.name).join(", ")}`;
  if (!cluster) return [{ name, at: `clusters.${name}`, what: `all that the cluster stores${all}` }];
  if (!cluster.jetstream)
    return [{ name, at: `clusters.${name}.jetstream`, what: `all that the cluster stores is out of reach${all}` }];
  const own = servers.filter((server) => server.cluster === name);
  return [
    ...aloneLosses(old, cluster, stored),
    ...restartLosses(old, stored, own, onPlatform),
    ...removedLosses(stored, own),
  ];
}

type Stored = ReturnType<typeof streamsOn>;

/**
 * Streams that no environment knows, of a server that becomes one of several, or is left of several; those that are known are
 * forbidden to be lost so, or named one by one. Measured in `__tests__/truth/one-and-many.test.ts`.
 */
function aloneLosses(old: ClusterTopology, { name, servers }: ClusterTopology, stored: Stored): Loss[] {
  const [before, after] = [old.servers.length, servers.length];
  const at = `clusters.${name}.size`;
  if (before === 1 && after > 1 && stored.length === 0)
    return [
      { name, at, what: "all streams that programs have made: a server that was alone removes them in a cluster" },
    ];
  if (before > 1 && after === 1)
    return [
      { name, at, what: "streams of several replicas that programs have made: a server that is alone serves none" },
    ];
  return [];
}

/** A message that is on one server alone goes with that server's memory, or with a disk that is a task's. */
function restartLosses(
  old: ClusterTopology,
  stored: Stored,
  servers: readonly ServerChange[],
  onPlatform: boolean,
): Loss[] {
  const ends = servers.filter(({ effect }) => effect === "restart" || effect === "recreate");
  if (ends.length === 0) return [];
  const disk = platformModel(old.platform).disk(old.platform);
  const losesDisk = onPlatform && (disk?.kind === "task" || ends.some(({ effect }) => effect === "recreate"));
  return stored
    .filter(({ replicas, storage }) => replicas === 1 && (storage === "memory" || losesDisk))
    .map(({ name, storage }) => ({
      name,
      at: `streams.${name}.replicas`,
      what: `its messages, in ${storage === "memory" ? "memory" : "a disk that goes with its server"}: they are on one server, which is restarted`,
      servers: ends.map(({ server }) => server),
      ...(storage === "memory" && { inMemory: true as const }),
    }));
}

/** Which server has an R1 stream nobody says beforehand: it may be one that goes. */
function removedLosses(stored: Stored, servers: readonly ServerChange[]): Loss[] {
  const gone = servers.filter(({ effect }) => effect === "remove").map(({ server }) => server);
  if (gone.length === 0) return [];
  return stored
    .filter(({ replicas }) => replicas <= gone.length)
    .map(({ name, replicas }) => ({
      name,
      at: `streams.${name}.replicas`,
      what: `its messages, where all of its ${replicas} replicas are on ${gone.join(", ")}`,
      servers: gone,
    }));
}

function accountLosses(before: Topology, after: Topology): Loss[] {
  return before.identity.accounts
    .filter(({ jetstream }) => jetstream)
    .flatMap(({ name }) => {
      const account = after.identity.accounts.find((one) => one.name === name);
      if (account?.jetstream) return [];
      const stored = before.streams.filter((stream) => stream.account === name).map((stream) => stream.name);
      const all = stored.length === 0 ? "" : `: ${stored.join(", ")}`;
      return [
        {
          name,
          at: account ? `accounts.${name}.jetstream` : `accounts.${name}`,
          what: `all that the account stores is out of reach${all}`,
        },
      ];
    });
}

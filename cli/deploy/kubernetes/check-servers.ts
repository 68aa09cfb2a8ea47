import type { Trust } from "../../../model/config";
import type { ClusterTopology, Topology } from "../../../model/topology";
import { isOnKubernetes } from "../../../model/topology";
import type { DeployRow } from "../../core/rows";
import type { DeployTarget } from "../target";
import { clusterOn } from "./cluster";
import { withServers } from "./connection";
import { askServers, type ServersSay } from "./servers-say";

/** Every server of the cluster with its routes, the leader of JetStream's meta group, and links of leaf nodes. */
export function checkServers(target: DeployTarget, name: string): Promise<DeployRow[]> {
  return withServers(target, name, async (connect) => {
    const sys = await (await connect("sys")).connection();
    return judgeServers(target.topology, target.trust, clusterOn(target, name), await askServers(sys));
  });
}

/** What servers say, against the topology. */
export function judgeServers(
  topology: Topology,
  trust: Pick<Trust, "accounts">,
  cluster: ClusterTopology,
  say: ServersSay,
): DeployRow[] {
  const names = cluster.servers.map(({ name }) => name);
  return [
    ...names.flatMap((name) => [judgeServer(topology, cluster, name, say), ...judgeRoutes(names, name, say)]),
    ...(cluster.jetstream && names.length > 1 ? [judgeMeta(cluster, say)] : []),
    ...judgeLeafNodes(topology, trust, cluster, say),
  ];
}

const servers = (what: string, ok: boolean, seen: string): DeployRow => ({ group: "servers", what, ok, seen });

function judgeServer(
  { nats }: Topology,
  { natsName, servers: all }: ClusterTopology,
  name: string,
  { varz }: ServersSay,
) {
  const own = varz.get(name);
  const what = `${name}: version and names`;
  if (!own) return servers(what, false, `no answer; there were ${[...varz.keys()].sort().join(", ") || "none"}`);
  const ok = own.version === nats.version && (all.length === 1 || own.cluster?.name === natsName);
  return servers(what, ok, `${name} of cluster ${own.cluster?.name ?? "none"}, ${own.version}`);
}

function judgeRoutes(names: readonly string[], name: string, { routez }: ServersSay): DeployRow[] {
  if (names.length === 1) return [];
  const peers = new Set((routez.get(name)?.routes ?? []).map(({ remote_name }) => remote_name ?? "?"));
  const missing = names.filter((peer) => peer !== name && !peers.has(peer));
  const seen = missing.length > 0 ? `none to ${missing.join(", ")}` : `to ${[...peers].sort().join(", ")}`;
  return [servers(`${name}: routes`, missing.length === 0, seen)];
}

function judgeMeta({ name, servers: all }: ClusterTopology, { jsz }: ServersSay): DeployRow {
  const groups = [...jsz.values()].flatMap(({ meta_cluster }) => (meta_cluster ? [meta_cluster] : []));
  const leaders = [...new Set(groups.map(({ leader }) => leader || "none"))];
  const sizes = [...new Set(groups.map(({ cluster_size }) => cluster_size))];
  // Only the leader knows whether its followers are up to date.
  const followers = groups.flatMap(({ replicas }) => replicas ?? []);
  const current = followers.filter((replica) => replica.current && !replica.offline).length;
  const ok =
    groups.length === all.length &&
    leaders.length === 1 &&
    leaders[0] !== "none" &&
    sizes.join() === String(all.length) &&
    current === all.length - 1;
  const seen = `leader ${leaders.join(" / ") || "none"}, ${sizes.join(" / ")} peers, ${current} followers current`;
  return servers(`${name}: meta leader`, ok, seen);
}

/**
 * Links as the hub sees them, since only it knows the accounts that they lead to; those to a hub elsewhere, as the leaf
 * nodes do.
 */
export function judgeLeafNodes(
  { clusters }: Topology,
  { accounts }: Pick<Trust, "accounts">,
  cluster: ClusterTopology,
  { leafz }: ServersSay,
): DeployRow[] {
  const leafs = [...leafz.values()].flatMap(({ leafs }) => leafs ?? []);
  const idOf = (account: string) => accounts[account]?.publicKey ?? account;
  const incoming = clusters.flatMap((leaf) =>
    leaf.leafLinks
      .filter(({ hub }) => hub === cluster.name)
      .flatMap(({ account }) =>
        leaf.servers.map(({ name }) => {
          const ok = leafs.some((one) => one.name === name && [account, idOf(account)].includes(one.account));
          return servers(`${name}: leaf node of ${cluster.name}`, ok, ok ? `account ${account}` : `no ${account}`);
        }),
      ),
  );
  const hubs = new Set(clusters.filter(isOnKubernetes).map(({ name }) => name));
  const elsewhere = cluster.leafLinks.filter(({ hub }) => !hubs.has(hub));
  const outgoing = cluster.servers.flatMap(({ name }) => {
    if (elsewhere.length === 0) return [];
    const up = leafz.get(name)?.leafs?.length ?? 0;
    const hub = [...new Set(elsewhere.map((link) => link.hub))].join(", ");
    return [servers(`${name}: links to ${hub}`, up >= elsewhere.length, `${up} of ${elsewhere.length} up`)];
  });
  return [...incoming, ...outgoing];
}

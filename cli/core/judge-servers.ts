import type { Trust } from "../../model/config";
import type { ClusterTopology } from "../../model/topology";
import type { Jsz, Leafz, Routez, Varz } from "../../runtime/client/monitoring";
import type { CheckResult } from "./rows";

/** The part of a cluster that its servers are checked against. */
type ExpectedCluster = Pick<ClusterTopology, "natsName"> & { servers: readonly { name: string }[] };

/** Check of a server's version, name and cluster. */
export function judgeServer(
  { natsName, servers }: ExpectedCluster,
  version: string,
  name: string,
  varz: Varz,
): CheckResult {
  const isMember = servers.length === 1 || varz.cluster?.name === natsName;
  const ok = varz.version === version && varz.server_name === name && isMember;
  return { ok, seen: `${varz.server_name} of cluster ${varz.cluster?.name ?? "none"}, ${varz.version}` };
}

/** Check that a server has routes to every other server of its cluster, and to no others. */
export function judgeRoutes({ servers }: ExpectedCluster, name: string, routez: Routez | undefined): CheckResult {
  const peers = [...new Set((routez?.routes ?? []).map(({ remote_name }) => remote_name ?? "?"))].sort();
  const desired = servers.map((server) => server.name).filter((server) => server !== name);
  const missing = desired.filter((server) => !peers.includes(server));
  const unexpected = peers.filter((peer) => !desired.includes(peer));
  const problems = [
    ...(missing.length > 0 ? [`none to ${missing.join(", ")}`] : []),
    ...(unexpected.length > 0 ? [`to ${unexpected.join(", ")}, which the cluster does not have`] : []),
  ];
  if (problems.length > 0) return { ok: false, seen: problems.join("; ") };
  return { ok: true, seen: peers.length > 0 ? `to ${peers.join(", ")}` : "none" };
}

/**
 * Check that all servers report the same leader and size of JetStream's meta group, and every follower is current. Only
 * the leader knows whether its followers are up to date: what a follower says of its peers does not count (2.14 reports
 * none of them, 2.15 all).
 */
export function judgeMeta({ servers }: ExpectedCluster, jsz: ReadonlyMap<string, Jsz>): CheckResult {
  const groups = servers.map(({ name }) => jsz.get(name)?.meta_cluster);
  const leaders = [...new Set(groups.map((group) => group?.leader || "none"))];
  const sizes = [...new Set(groups.map((group) => group?.cluster_size ?? 0))];
  const leading = servers.filter(({ name }) => jsz.get(name)?.meta_cluster?.leader === name);
  const followers = leading.flatMap(({ name }) => jsz.get(name)?.meta_cluster?.replicas ?? []);
  const current = followers.filter((follower) => follower.current && !follower.offline).length;
  const ok =
    leaders.length === 1 &&
    leaders[0] !== "none" &&
    sizes.join() === String(servers.length) &&
    current === servers.length - 1;
  return { ok, seen: `leader ${leaders.join(" / ")}, ${sizes.join(" / ")} peers, ${current} followers current` };
}

/**
 * True while a leaf node's link to an account is up, according to a hub's servers. Monitoring reports accounts by name
 * in configuration mode and by key in operator mode.
 */
export function isLinked(
  hub: Iterable<Leafz>,
  leafNode: string,
  account: string,
  { accounts }: Pick<Trust, "accounts">,
): boolean {
  const names = [account, accounts[account]?.publicKey];
  return [...hub].some(({ leafs }) => leafs?.some((leaf) => leaf.name === leafNode && names.includes(leaf.account)));
}

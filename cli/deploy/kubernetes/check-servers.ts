import type { Trust } from "../../../model/config";
import type { ClusterTopology, Topology } from "../../../model/topology";
import { isOnKubernetes } from "../../../model/topology";
import { judgeDigest, type Rendered } from "../../core/judge-digest";
import { isLinked, judgeMeta, judgeRoutes, judgeServer } from "../../core/judge-servers";
import type { CheckResult, DeployRow } from "../../core/rows";
import type { DeployTarget } from "../target";
import { checkAccounts } from "./check-accounts";
import { clusterAccess, clusterOn } from "./cluster";
import { withServers } from "./connection";
import { renderedDigests } from "./rendered";
import { collectServerInfo, type ServerInfo } from "./server-info";

/** Every server of the cluster with its routes, the leader of JetStream's meta group, and links of leaf nodes. */
export function checkServers(target: DeployTarget, name: string): Promise<DeployRow[]> {
  return withServers(target, name, async (connect) => {
    const sys = await (await connect("sys")).connection();
    const info = await collectServerInfo(sys);
    const rows = judgeServers(target.topology, target.trust, clusterOn(target, name), info);
    const accounts = await checkAccounts(target.topology, target.trust, name, info, sys);
    return [...rows, accounts, ...(await checkDigests(target, name, info, await renderedDigests(target, name)))];
  });
}

/** Lines of a server's log among which its last reload is looked for. */
const logLines = 2000;

/** Every server runs the configuration that Helm has released: a refused reload leaves it with the one before. */
async function checkDigests(
  target: DeployTarget,
  name: string,
  { varz }: Pick<ServerInfo, "varz">,
  rendered: ReadonlyMap<string, Rendered>,
): Promise<DeployRow[]> {
  const { cluster, kubectl, inside } = clusterAccess(target, name);
  return Promise.all(
    cluster.servers.map(async (server) => {
      const running = varz.get(server.name)?.config_digest;
      const judged = judgeDigest(running, rendered.get(server.name), "");
      if (judged.ok) return servers(`${server.name}: runs what is rendered`, judged);
      const log = await kubectl.run(...inside, "logs", server.name, "--container", "nats", `--tail=${logLines}`);
      const said = judgeDigest(running, rendered.get(server.name), log.stdout);
      return servers(`${server.name}: runs what is rendered`, said);
    }),
  );
}

/** Checks the servers' reports against the topology. */
export function judgeServers(
  topology: Topology,
  trust: Pick<Trust, "accounts">,
  cluster: ClusterTopology,
  show: ServerInfo,
): DeployRow[] {
  const names = cluster.servers.map(({ name }) => name);
  const isClustered = names.length > 1;
  return [
    ...names.flatMap((name) => [
      servers(`${name}: version and names`, judgeVersion(topology.nats.version, cluster, name, show)),
      ...(isClustered ? [servers(`${name}: routes`, judgeRoutes(cluster, name, show.routez.get(name)))] : []),
    ]),
    ...(cluster.jetstream && isClustered
      ? [servers(`${cluster.name}: meta leader`, judgeMeta(cluster, show.jsz))]
      : []),
    ...judgeLeafNodes(topology, trust, cluster, show),
  ];
}

const servers = (what: string, result: CheckResult): DeployRow => ({ group: "servers", what, ...result });

function judgeVersion(version: string, cluster: ClusterTopology, name: string, { varz }: ServerInfo): CheckResult {
  const own = varz.get(name);
  if (own) return judgeServer(cluster, version, name, own);
  return { ok: false, seen: `no answer; answers came from ${[...varz.keys()].sort().join(", ") || "none"}` };
}

/**
 * Links by the hub's report, since only the hub knows the account of each; links to a hub elsewhere, by the leaf nodes'
 * report.
 */
export function judgeLeafNodes(
  { clusters }: Topology,
  trust: Pick<Trust, "accounts">,
  cluster: ClusterTopology,
  { leafz }: ServerInfo,
): DeployRow[] {
  const incoming = clusters.flatMap((leaf) =>
    leaf.leafLinks
      .filter(({ hub }) => hub === cluster.name)
      .flatMap(({ account }) =>
        leaf.servers.map(({ name }) => {
          const ok = isLinked(leafz.values(), name, account, trust);
          const seen = ok ? `account ${account}` : `no ${account}`;
          return servers(`${name}: leaf node of ${cluster.name}`, { ok, seen });
        }),
      ),
  );
  const hubs = new Set(clusters.filter(isOnKubernetes).map(({ name }) => name));
  const elsewhere = cluster.leafLinks.filter(({ hub }) => !hubs.has(hub));
  const outgoing = cluster.servers.flatMap(({ name }) => {
    if (elsewhere.length === 0) return [];
    const up = leafz.get(name)?.leafs?.length ?? 0;
    const hub = [...new Set(elsewhere.map((link) => link.hub))].join(", ");
    const seen = `${up} of ${elsewhere.length} up`;
    return [servers(`${name}: links to ${hub}`, { ok: up >= elsewhere.length, seen })];
  });
  return [...incoming, ...outgoing];
}

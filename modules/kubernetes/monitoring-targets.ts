import type { ClusterTopology, StreamTopology } from "../../model/topology";
import { diskLimitMiB } from "../../templates/helm-values";
import type { MonitoringTargets } from "../../templates/kubernetes-monitoring";
import { pruneAccess } from "./backup-prune";
import type { KubernetesContext } from "./context";
import { ttlSeconds, vaultCertificates } from "./vault-roles";

/** Expected parts of the cluster, for alerts to compare with the actual ones. */
export function monitoringTargetsOf(context: KubernetesContext): MonitoringTargets {
  const { topology, cluster, names, namespace } = context;
  const backedUp = topology.identity.accounts.filter(({ jetstream }) => jetstream).map(({ name }) => name);
  const named = (of: (account: string) => string) => backedUp.map(of).join("|") || undefined;
  return {
    environment: topology.environment,
    cluster: cluster.name,
    namespace,
    servers: cluster.servers.length,
    memoryBytes: cluster.platform.memory,
    diskBytes: cluster.platform.ephemeralStorage ? diskLimitMiB * 2 ** 20 : undefined,
    jetstream: cluster.jetstream !== undefined,
    replicated: replicatedStreams(topology.streams.filter((stream) => stream.cluster === cluster.name)),
    leafNodes: { expected: leafNodesOf(topology.clusters, cluster), perServer: cluster.leafLinks.length },
    callout: names.callout,
    calloutTimeoutSeconds: topology.identity.calloutTimeoutSeconds,
    renewal: cluster.renewsByJob ? renewalOf(context) : undefined,
    backups: cluster.backup && named(names.backupOf),
    drills: cluster.backup?.drill === undefined ? undefined : named(names.drillOf),
    prunes: cluster.backup && pruneAccess(context) ? named(names.pruneOf) : undefined,
  };
}

/** Certificates are renewed with a third of their life left. */
function renewalOf(context: KubernetesContext): MonitoringTargets["renewal"] {
  const shortest = Math.min(...vaultCertificates(context).map(ttlSeconds));
  return { cronJob: context.names.renewal, marginSeconds: Math.floor(shortest / 3) };
}

/** Links to a hub: from each server of other clusters, and from at least one server of every foreign leaf. */
const leafNodesOf = (clusters: readonly ClusterTopology[], hub: ClusterTopology): number =>
  clusters
    .map(({ servers, leafLinks }) => servers.length * leafLinks.filter((link) => link.hub === hub.name).length)
    .reduce((sum, links) => sum + links, hub.foreignLeafs.flatMap(({ links }) => links).length);

/** Streams by their replicas. Streams of one name in several accounts are not distinguished: the fewest count. */
function replicatedStreams(streams: readonly StreamTopology[]): MonitoringTargets["replicated"] {
  const fewest = new Map<string, number>();
  for (const { name, replicas } of streams) fewest.set(name, Math.min(replicas, fewest.get(name) ?? replicas));
  const counts = [...new Set(fewest.values())].filter((replicas) => replicas > 1).sort((a, b) => a - b);
  return counts.map((replicas) => ({
    replicas,
    streams: [...fewest].filter(([, count]) => count === replicas).map(([name]) => name),
  }));
}

import type { ClusterTopology, Topology } from "../topology";

/** A change that cannot be made in one step, with the steps that get there. */
export interface ForbiddenChange {
  /** Place in the environment. */
  at: string;
  message: string;
  /** What to do instead. */
  steps: string;
}

/**
 * Changes that servers refuse one after another, or after which they no longer find what they store. They are known
 * before anything is touched: half of such a change is a cluster in two parts.
 */
export function forbiddenChanges(before: Topology, after: Topology): ForbiddenChange[] {
  const kept = after.clusters.flatMap((cluster) => {
    const old = before.clusters.find(({ name }) => name === cluster.name);
    return old ? [[old, cluster] as const] : [];
  });
  return [
    ...authority(before, after),
    ...kept.flatMap(([old, cluster]) => [...renamed(old, cluster), ...domain(old, cluster)]),
  ];
}

const hasRoutes = ({ listeners }: ClusterTopology) => listeners.some(({ name }) => name === "routes");

/** Servers close routes to peers of another cluster name: each that is restarted is alone (nats-server#7418). */
function renamed(old: ClusterTopology, cluster: ClusterTopology): ForbiddenChange[] {
  const { name, natsName } = cluster;
  if (old.natsName === natsName || !hasRoutes(old) || !hasRoutes(cluster)) return [];
  return [
    {
      at: `clusters.${name}.natsName`,
      message: `servers of ${name} call their cluster ${old.natsName}; one that is restarted as ${natsName} is cut off by the others`,
      steps: `keep natsName: "${old.natsName}"; or make a second cluster, bring its streams there from a backup, and take ${name} out`,
    },
  ];
}

/** A stream's leader and its consumers are known by the domain: requests of before find nobody. */
function domain(old: ClusterTopology, { name, jetstream }: ClusterTopology): ForbiddenChange[] {
  if (!old.jetstream || !jetstream || old.jetstream.domain === jetstream.domain) return [];
  return [
    {
      at: `clusters.${name}.jetstream.domain`,
      message: `JetStream of ${name} has the domain ${old.jetstream.domain}; servers with ${jetstream.domain} refuse to cluster with the others`,
      steps: `keep domain: "${old.jetstream.domain}"; or make a second cluster with the other one, and bring its streams there from a backup`,
    },
  ];
}

/** What is stored belongs to an account's id: a name in the configuration, or the public key of an operator's account. */
function authority(before: Topology, after: Topology): ForbiddenChange[] {
  const from = before.identity.mode;
  const to = after.identity.mode;
  if (from === to || before.clusters.every(({ jetstream }) => !jetstream)) return [];
  return [
    {
      at: "identity.mode",
      message: `accounts of ${from} mode are other accounts in ${to} mode: servers no longer find the streams that they store`,
      steps: `keep mode: "${from}"; or make an environment in ${to} mode, and bring the streams there from a backup`,
    },
  ];
}

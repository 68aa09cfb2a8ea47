import type { ClusterTopology, Topology } from "./model";
import { platformModel } from "./platform-models";
import type { ClusterStack, PlannedStack, SharedStack } from "./stack";

/**
 * The plan of stacks: every Terraform state of the environment, in the order in which they are applied. Stacks are
 * built, planned, applied, checked and destroyed in this order, so that no operation misses one.
 *
 * Shared stacks come first, hubs come before their leaf nodes, and a cluster's own stacks one after another.
 */
export function stackPlan(topology: Topology): PlannedStack[] {
  const clusters = clustersInOrder(topology);
  const shared = clusters.flatMap((cluster) => sharedStack(topology, cluster) ?? []);
  const plan: PlannedStack[] = unique(shared).map((stack) => ({ ...stack, after: [] }));
  const planned = new Map<string, readonly ClusterStack[]>();
  for (const cluster of clusters) {
    const stacks = platformModel(cluster.platform).stacks(topology, cluster);
    stacks.forEach((stack, i) => {
      const previous = stacks[i - 1];
      plan.push({ ...stack, after: previous ? [previous.id] : beforeCluster(topology, cluster, clusters, planned) });
    });
    planned.set(cluster.name, stacks);
  }
  return plan;
}

const sharedStack = (topology: Topology, { platform }: ClusterTopology): SharedStack | undefined =>
  platformModel(platform).sharedStack(topology, platform);

const unique = <T extends { id: string }>(stacks: readonly T[]): T[] => [
  ...new Map(stacks.map((stack) => [stack.id, stack])).values(),
];

/** Stacks that the first stack of a cluster waits for. */
function beforeCluster(
  topology: Topology,
  cluster: ClusterTopology,
  clusters: readonly ClusterTopology[],
  planned: ReadonlyMap<string, readonly ClusterStack[]>,
): string[] {
  const foundation = sharedStack(topology, cluster);
  // A leaf node finds its hub when it starts.
  const hubs = hubsOf(cluster).map((hub) => planned.get(hub)?.at(-1));
  const owners = clusters.filter((other) => sharesWith(other, cluster)).map(({ name }) => planned.get(name)?.[0]);
  const ids = [foundation, ...hubs, ...owners].flatMap((stack) => (stack ? [stack.id] : []));
  return [...new Set(ids)];
}

const hubsOf = ({ leafLinks }: ClusterTopology): string[] => [...new Set(leafLinks.map(({ hub }) => hub))];

/** True when two clusters share infrastructure: what they have in common there is made by the first in the plan. */
export function sharesWith(a: ClusterTopology, b: ClusterTopology): boolean {
  const key = platformModel(a.platform).shares(a.platform);
  return (
    key !== undefined && a.platform.kind === b.platform.kind && key === platformModel(b.platform).shares(b.platform)
  );
}

/** Clusters in the order in which they are deployed: hubs before their leaf nodes, the others as the environment has them. */
export function clustersInOrder({ clusters }: Pick<Topology, "clusters">): ClusterTopology[] {
  const ordered: ClusterTopology[] = [];
  const visit = (cluster: ClusterTopology | undefined, path: readonly ClusterTopology[] = []) => {
    if (!cluster || ordered.includes(cluster) || path.includes(cluster)) return;
    for (const hub of hubsOf(cluster))
      visit(
        clusters.find(({ name }) => name === hub),
        [...path, cluster],
      );
    ordered.push(cluster);
  };
  for (const cluster of clusters) visit(cluster);
  return ordered;
}

/** Clusters that nothing is deployed for: their platforms have no stacks yet. */
export const withoutStacks = (topology: Topology): ClusterTopology[] =>
  topology.clusters.filter((cluster) => platformModel(cluster.platform).stacks(topology, cluster).length === 0);

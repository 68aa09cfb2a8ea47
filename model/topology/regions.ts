import type { ClusterTopology, Topology } from "./model";
import { platformModel } from "./platform-models";

/** Regions that the environment's clusters on AWS use, in the order of the clusters. */
export function awsRegions({ clusters }: Pick<Topology, "clusters">): string[] {
  const regions = clusters.flatMap(({ platform }) => platformModel(platform).region(platform) ?? []);
  return [...new Set(regions)];
}

/** Clusters on AWS in a region. */
export const clustersInRegion = ({ clusters }: Pick<Topology, "clusters">, region: string): ClusterTopology[] =>
  clusters.filter(({ platform }) => platformModel(platform).region(platform) === region);

import type { ClusterTopology } from "../topology";

export type { StackContext } from "../terraform/context";

export type EcsPlatform = Extract<ClusterTopology["platform"], { kind: "aws-ecs" }>;
/** A cluster on ECS. */
export type EcsCluster = ClusterTopology & { platform: EcsPlatform };

export const isOnEcs = (cluster: ClusterTopology): cluster is EcsCluster => cluster.platform.kind === "aws-ecs";

/** The part of an ARN that says which AWS it is of. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

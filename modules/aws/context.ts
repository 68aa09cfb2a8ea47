import { clusterOf, type EcsCluster, isOnEcs } from "../../model/topology";
import type { StackContext } from "../terraform/context";

export { partitionOf } from "../../model/topology";
export type { StackContext };

/** @throws when the environment has no such cluster, or has it elsewhere */
export function ecsCluster({ topology }: StackContext, name: string): EcsCluster {
  const cluster = clusterOf(topology, name);
  if (!isOnEcs(cluster)) throw new Error(`cluster ${name} is not on ECS`);
  return cluster;
}

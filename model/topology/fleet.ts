import type { Environment } from "../config";
import type { FleetService } from "./model";
import type { StackFamily } from "./stack";

/** Families of stacks that run services beside a cluster. */
export const fleetFamilies: readonly StackFamily[] = ["aws", "kubernetes"];

/** True for a service whose image natsform builds. */
export const isBuilt = ({ code }: FleetService): boolean => code.kind !== "image";

/** Services that run beside a cluster, in the order of the environment. One that names no cluster has the only one. */
export function fleetOf(env: Environment, cluster: string): FleetService[] {
  const [only] = Object.keys(env.clusters);
  return Object.entries(env.identity.services).flatMap(([name, { runs }]) => {
    if (!runs || (runs.cluster ?? only) !== cluster) return [];
    const { cluster: _, memory, stopTimeout, ...same } = runs;
    return [{ name, ...same, memoryBytes: memory, stopTimeoutMs: stopTimeout }];
  });
}

import type { Trust } from "../config";
import type { Topology } from "./model";
import { isOnKubernetes, type KubernetesPlatform } from "./platforms";
import type { PlannedStack } from "./stack";

/** What the providers of a stack on Kubernetes have to be told. */
export type ProviderPlatform = Pick<KubernetesPlatform, "authentication" | "context" | "ignoredMetadata">;

/**
 * What a Terraform state says of itself, so that it is known whose it is, and how to remove it, once no environment has
 * its stack any more. Names alone say neither: `shop-eu-core-nats` is a state of `shop` or of `shop-eu`.
 */
export interface StackRecord {
  environment: string;
  stack: PlannedStack;
  /** Of a stack on Kubernetes. */
  platform?: ProviderPlatform;
  /** True while the environment refuses to delete data: what is deployed is protected until it is deployed without. */
  protected: boolean;
}

/**
 * Names of the resources (`terraform_data`) that hold the records. What servers were made from is an output now; of states
 * that an older natsform wrote the last two are still read.
 */
export const recordNames = { stack: "natsform-stack", topology: "natsform-topology", trust: "natsform-trust" } as const;

/** Name of the root output that says what servers were made from. */
export const noteOutput = "natsform-deployed";

export function stackRecord(topology: Topology, stack: PlannedStack, isProtected: boolean): StackRecord {
  const cluster = topology.clusters.find(({ name }) => name === stack.cluster);
  const record: StackRecord = { environment: topology.environment, stack, protected: isProtected };
  if (!cluster || !isOnKubernetes(cluster)) return record;
  const { authentication, context, ignoredMetadata } = cluster.platform;
  return { ...record, platform: { authentication, context, ignoredMetadata } };
}

/** Stacks in which servers are: they keep the topology that was applied last. */
export const holdsServers = ({ layer }: PlannedStack): boolean => layer === "nats" || layer === "core";

/**
 * Public halves of the keys that servers were made with. Authorities are left out: deployments write them into the trust file,
 * and would never be done.
 */
export const recordedTrust = ({ authorities: _, ...trust }: Trust): Trust => trust;

/** What the servers of one cluster were made from: the topology, of its clusters and streams those alone. */
export const clusterTopology = (topology: Topology, cluster: string): Topology => ({
  ...topology,
  clusters: topology.clusters.filter(({ name }) => name === cluster),
  streams: topology.streams.filter((stream) => stream.cluster === cluster),
});

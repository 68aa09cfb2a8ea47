import type { Environment } from "../../model/config";
import {
  clusterOf,
  clustersInOrder,
  isOnKubernetes,
  type KubernetesCluster,
  type KubernetesClusterNames,
  kubernetesNames,
  sharesWith,
} from "../../model/topology";
import type { StackContext } from "../terraform/context";

/** A cluster on Kubernetes with all that its stacks are made from. */
export interface KubernetesContext extends StackContext {
  cluster: KubernetesCluster;
  /** The cluster as the environment writes it. */
  config: Environment["clusters"][string];
  names: KubernetesClusterNames;
  namespace: string;
}

/**
 * @param named the cluster, or its name
 * @throws when the environment has no such cluster, or has it elsewhere
 */
export function kubernetesContext(context: StackContext, named: KubernetesCluster | string): KubernetesContext {
  const cluster = typeof named === "string" ? clusterOf(context.topology, named) : named;
  if (!isOnKubernetes(cluster)) throw new Error(`cluster ${cluster.name} is not on Kubernetes`);
  const config = context.environment.clusters[cluster.name];
  if (!config) throw new Error(`no cluster ${cluster.name} in ${context.environment.name}`);
  return {
    ...context,
    cluster,
    config,
    names: kubernetesNames(context.environment.name, cluster.name),
    namespace: cluster.platform.namespace,
  };
}

/**
 * True when the cluster is the first of its Kubernetes cluster that shares something with it: one stack makes what
 * several clusters have in common, and the others find it.
 */
export function isFirstWith({ topology, cluster }: KubernetesContext, shared: (other: KubernetesCluster) => unknown) {
  // In the order in which they are deployed: later ones find what the first has made.
  const first = clustersInOrder(topology)
    .filter(isOnKubernetes)
    .find((other) => sharesWith(other, cluster) && shared(other) === shared(cluster));
  return first === undefined || first.name === cluster.name;
}

/** Labels of the objects that natsform makes for a cluster, and of the pods of one of its programs. */
export const labelsOf = ({ environment, cluster }: KubernetesContext, program?: string): Record<string, string> => ({
  "app.kubernetes.io/managed-by": "natsform",
  "app.kubernetes.io/part-of": `${environment.name}-${cluster.name}`,
  ...(program && { "app.kubernetes.io/name": program }),
});

/** Of the pods of the environment's services, beside those of `labelsOf`: a policy of your own may name them all. */
export const serviceLabels = { "app.kubernetes.io/component": "service" };

/** Labels that the chart sets on the pods of servers. */
export const serverLabels = ({ names }: KubernetesContext): Record<string, string> => ({
  "app.kubernetes.io/name": "nats",
  "app.kubernetes.io/instance": names.release,
  "app.kubernetes.io/component": "nats",
});

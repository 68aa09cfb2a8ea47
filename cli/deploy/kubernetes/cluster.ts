import { clusterOf, isOnKubernetes, type KubernetesCluster, kubernetesNames } from "../../../model/topology";
import { accessOf, type DeployTarget } from "../target";

type Target = Pick<DeployTarget, "topology">;

/** A cluster of the environment that runs on Kubernetes. */
export function clusterOn({ topology }: Target, name: string): KubernetesCluster {
  const cluster = clusterOf(topology, name);
  if (!isOnKubernetes(cluster)) throw new Error(`the cluster ${name} is not on Kubernetes`);
  return cluster;
}

export const namespaceOf = (target: Target, cluster: string): string => clusterOn(target, cluster).platform.namespace;

/** Names, namespace and kubectl for calls to the Kubernetes API about a cluster. */
export function clusterAccess(target: DeployTarget, name: string) {
  const cluster = clusterOn(target, name);
  const { namespace } = cluster.platform;
  return {
    cluster,
    namespace,
    names: kubernetesNames(target.environment.name, name),
    kubectl: accessOf(target, name).kubectl,
    /** First arguments of every call about the namespace. */
    inside: ["--namespace", namespace] as const,
  };
}

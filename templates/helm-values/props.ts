import type { Trust } from "../../model/config";
import type { KubernetesCluster, Topology } from "../../model/topology";

export interface HelmValuesProps {
  topology: Topology;
  cluster: KubernetesCluster;
  trust: Trust;
  /** Class of the volumes; without it the Kubernetes cluster's default one. */
  storageClass?: string;
  /** Custom resources that go with the release. */
  extraResources?: readonly object[];
}

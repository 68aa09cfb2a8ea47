import type { ClusterTopology, Topology } from "./model";

export type KubernetesPlatform = Extract<ClusterTopology["platform"], { kind: "kubernetes" }>;
export type KubernetesCluster = ClusterTopology & { platform: KubernetesPlatform };
export const isOnKubernetes = (cluster: ClusterTopology): cluster is KubernetesCluster =>
  cluster.platform.kind === "kubernetes";
export type EcsPlatform = Extract<ClusterTopology["platform"], { kind: "aws-ecs" }>;
/** A cluster on ECS. */
export type EcsCluster = ClusterTopology & { platform: EcsPlatform };
export const isOnEcs = (cluster: ClusterTopology): cluster is EcsCluster => cluster.platform.kind === "aws-ecs";
/** Clusters whose certificates Vault signs. */
export const vaultClusters = ({ clusters }: Topology) =>
  clusters.filter(isOnKubernetes).filter(({ certificates }) => certificates.some(({ signer }) => signer === "vault"));

import type { PlatformKind } from "../config";
import type { ClusterTopology, Topology } from "./model";
import type { PlatformOf } from "./platform-models/model";

/** Cluster on platforms of one kind. */
export type ClusterOn<Kind extends PlatformKind> = ClusterTopology & { platform: PlatformOf<Kind> };

export type EcsPlatform = PlatformOf<"aws-ecs">;
export type EcsCluster = ClusterOn<"aws-ecs">;
export type KubernetesPlatform = PlatformOf<"kubernetes">;
export type KubernetesCluster = ClusterOn<"kubernetes">;

/*
 * For what exists on one platform alone: its constructs, its deployment driver, and rules about things that no other has.
 * Properties that every platform has are entries of its model.
 */
export const isOnEcs = (cluster: ClusterTopology): cluster is EcsCluster => cluster.platform.kind === "aws-ecs";
export const isOnKubernetes = (cluster: ClusterTopology): cluster is KubernetesCluster =>
  cluster.platform.kind === "kubernetes";

/** Clusters whose certificates Vault signs. */
export const vaultClusters = ({ clusters }: Pick<Topology, "clusters">): KubernetesCluster[] =>
  clusters.filter(isOnKubernetes).filter(({ certificates }) => certificates.some(({ signer }) => signer === "vault"));

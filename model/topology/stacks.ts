import { awsClusterNames, awsNames } from "./aws-names";
import { kubernetesNames } from "./kubernetes-names";
import type { ClusterTopology, Topology } from "./model";
import { streamAccounts } from "./streams";

interface Stack {
  id: string;
  /** Cluster that it belongs to; a foundation belongs to its region. */
  cluster?: string;
  /** Stacks whose things this one looks up: it cannot be planned before they are applied. */
  after: string[];
}

export interface AwsStack extends Stack {
  platform: "aws";
  layer: "foundation" | "certificates" | "nats" | "programs";
  region: string;
}

export interface KubernetesStack extends Stack {
  platform: "kubernetes";
  layer: "pki" | "core" | "auth" | "streams" | "backup";
  cluster: string;
}

/** A Terraform state of the environment. */
export type DeployedStack = AwsStack | KubernetesStack;

/** Every stack of the environment's clusters in the order in which they are applied: hubs before their leaf nodes. */
export function deployedStacks(topology: Topology): DeployedStack[] {
  const { environment } = topology;
  const clusters = hubsFirst(topology.clusters);
  const regions = new Set(clusters.flatMap(({ platform }) => (platform.kind === "aws-ecs" ? [platform.region] : [])));
  return [
    ...[...regions].map(
      (region): AwsStack => ({
        platform: "aws",
        id: awsNames(environment, region).foundationStack,
        layer: "foundation",
        region,
        after: [],
      }),
    ),
    ...clusters.flatMap((cluster): DeployedStack[] => {
      if (cluster.platform.kind === "aws-ecs") return ecsStacks(environment, cluster.name, cluster.platform.region);
      return cluster.platform.kind === "kubernetes" ? kubernetesStacks(topology, cluster) : [];
    }),
  ];
}

export const isAws = (stack: DeployedStack): stack is AwsStack => stack.platform === "aws";
export const isKubernetes = (stack: DeployedStack): stack is KubernetesStack => stack.platform === "kubernetes";

/** Clusters that no stack is deployed for: `name (kind)`. */
export const withoutStacks = ({ clusters }: Topology): string[] =>
  clusters.flatMap(({ name, platform: { kind } }) =>
    kind === "aws-ecs" || kind === "kubernetes" ? [] : [`${name} (${kind})`],
  );

/** A leaf node finds its hub when it comes up. The order among the others stays. */
function hubsFirst(clusters: readonly ClusterTopology[]): ClusterTopology[] {
  const placed: ClusterTopology[] = [];
  const place = (cluster: ClusterTopology | undefined, way: readonly ClusterTopology[] = []) => {
    if (!cluster || placed.includes(cluster) || way.includes(cluster)) return;
    for (const { hub } of cluster.leafLinks)
      place(
        clusters.find(({ name }) => name === hub),
        [...way, cluster],
      );
    placed.push(cluster);
  };
  for (const cluster of clusters) place(cluster);
  return placed;
}

function ecsStacks(environment: string, cluster: string, region: string): AwsStack[] {
  const names = awsClusterNames(environment, cluster);
  const foundation = awsNames(environment, region).foundationStack;
  const own = { platform: "aws" as const, region, cluster };
  return [
    { ...own, id: names.certificatesStack, layer: "certificates", after: [foundation] },
    { ...own, id: names.natsStack, layer: "nats", after: [foundation, names.certificatesStack] },
    { ...own, id: names.programsStack, layer: "programs", after: [foundation, names.natsStack] },
  ];
}

/** They look nothing of each other up, so each can be planned at any time; what they wait for is there by their order. */
function kubernetesStacks(topology: Topology, { name: cluster, backup }: ClusterTopology): KubernetesStack[] {
  const names = kubernetesNames(topology.environment, cluster);
  const own = { platform: "kubernetes" as const, cluster, after: [] };
  return [
    { ...own, id: names.pkiStack, layer: "pki" },
    { ...own, id: names.coreStack, layer: "core" },
    { ...own, id: names.authStack, layer: "auth" },
    ...(streamAccounts(topology, cluster).length > 0
      ? [{ ...own, id: names.streamsStack, layer: "streams" as const }]
      : []),
    ...(backup ? [{ ...own, id: names.backupStack, layer: "backup" as const }] : []),
  ];
}

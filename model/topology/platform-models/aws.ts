import { awsClusterNames, awsNames } from "../aws-names";
import type { ClusterTopology, Topology } from "../model";
import { type ClusterNames, ordinals } from "../names";
import { ports } from "../ports";
import type { ClusterStack, SharedStack } from "../stack";
import { serverImage } from "./images";
import type { NamedCluster, PlatformModel, PlatformOf } from "./model";
import { containerPaths } from "./paths";

type AwsPlatform = PlatformOf<"aws-ecs"> | PlatformOf<"aws-ec2">;

const internalDomain = (_environment: string, platform: AwsPlatform) =>
  platform.internalDomain ?? `cloudmap.${platform.domain}.internal`;

function names({ environment, cluster, size }: NamedCluster, platform: AwsPlatform): ClusterNames {
  const servers = ordinals(cluster, size);
  const zone = internalDomain(environment, platform);
  return {
    servers,
    hosts: servers.map((server) => `${server}.${zone}`),
    internal: [],
    public: `nats.${platform.domain}`,
  };
}

/** Letter of the availability zone in which natsform places a server. */
export const serverZone = ({ zones }: { zones: readonly string[] }, ordinal: number): string =>
  zones[ordinal % zones.length] ?? "a";

function zoneSizes({ zones }: AwsPlatform, servers: number): number[] {
  const counts = new Map<string, number>();
  for (let ordinal = 0; ordinal < servers; ordinal++) {
    const zone = serverZone({ zones }, ordinal);
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  }
  return [...counts.values()].sort((a, b) => b - a);
}

/** Entries that are the same for servers in tasks and on instances. */
const common = {
  size: (_platform, configured) => configured,
  internalDomain,
  names,
  ports,
  exposure: ({ access }) => (access === "public" ? "public" : "internal"),
  network: ({ region, network }) => `aws ${region} ${network.vpcId ?? ""}`,
  signer: "certificate-manager",
  renewsFromVault: false,
  publicName: { signer: "acme", servedBy: "servers" },
  region: ({ region }) => region,
  commandLineUsers: () => [],
  tags: ({ region, zones }, ordinal) => [`az:${region}${serverZone({ zones }, ordinal)}`],
  zoneSizes,
  knowsZones: true,
  reloads: () => true,
  machines: () => [],
  hasRegionalDisks: () => false,
  backups: () => ({ own: "s3", folder: "gone" }),
  paths: containerPaths,
  // Shared resources are in the foundation of their region.
  shares: () => undefined,
  // Of a VPC that exists nothing is made, and how a network reaches AWS is nothing to the tasks in it.
  ofServers: ({ network: { vpcId, cidr }, ...platform }) => ({ ...platform, network: vpcId ?? cidr }),
} satisfies Partial<PlatformModel<AwsPlatform>>;

/** Tasks are replaced for whatever their definition, their network or their names in it have of a setting. */
const commonChanges = {
  kind: "recreate",
  region: "recreate",
  domain: "restart",
  internalDomain: "restart",
  hostedZoneId: "around",
  parentDomain: "around",
  network: "recreate",
  zones: "restart",
  access: "restart",
  dnsTtlSeconds: "around",
  monitoring: "around",
  alarmTopicArn: "around",
  deployRoleArns: "around",
} as const;

const gib = 2 ** 30;

/** Servers as tasks on Fargate. */
export const ecsModel: PlatformModel<PlatformOf<"aws-ecs">> = {
  ...common,
  memoryBytes: ({ memory }) => memory,
  // The most that Fargate gives a task.
  disk: ({ storage }) =>
    storage === "efs"
      ? { kind: "network", name: "EFS" }
      : { kind: "task", name: "largest Fargate disk", bytes: 200 * gib },
  stopTime: ({ stopTimeoutSeconds }) => ({ setting: "stopTimeoutSeconds", seconds: stopTimeoutSeconds }),
  changes: {
    ...commonChanges,
    cpu: "restart",
    memory: "restart",
    storage: "recreate",
    stopTimeoutSeconds: "restart",
    images: "restart",
  },
  // natsform's own are found by digest.
  images: (platform, version) => [{ setting: "nats", image: serverImage({ version }, platform) }],
  sharedStack: ({ environment }, { region }): SharedStack => ({
    family: "aws",
    id: awsNames(environment, region).foundationStack,
    layer: "foundation",
    region,
    reads: [],
  }),
  stacks: ecsStacks,
};

function ecsStacks(
  { environment }: Topology,
  { name: cluster, platform: { region } }: ClusterTopology & { platform: PlatformOf<"aws-ecs"> },
): ClusterStack[] {
  const { certificatesStack, natsStack, programsStack } = awsClusterNames(environment, cluster);
  const foundation = awsNames(environment, region).foundationStack;
  const own = { family: "aws" as const, region, cluster };
  return [
    { ...own, id: certificatesStack, layer: "certificates", reads: [foundation] },
    { ...own, id: natsStack, layer: "nats", reads: [foundation, certificatesStack] },
    { ...own, id: programsStack, layer: "programs", reads: [foundation, natsStack] },
  ];
}

/** Servers on instances, with volumes that outlive them. */
export const ec2Model: PlatformModel<PlatformOf<"aws-ec2">> = {
  ...common,
  memoryBytes: ({ instanceType }) => instanceMemory(instanceType),
  disk: ({ volume }) => ({ kind: "volume", name: "volume", bytes: volume.size }),
  stopTime: () => undefined,
  changes: { ...commonChanges, instanceType: "restart", volume: "restart" },
  images: () => [],
  sharedStack: () => undefined,
  stacks: () => [],
};

/** GiB for each vCPU of the general families; the sizes differ in vCPUs alone. */
const gibPerCpu: Record<string, number> = { c: 2, m: 4, r: 8 };
const burstableGib: Record<string, number> = {
  nano: 0.5,
  micro: 1,
  small: 2,
  medium: 4,
  large: 8,
  xlarge: 16,
  "2xlarge": 32,
};

/** Memory of an instance of the families C, M and R from the fifth generation on, and T; `undefined` for others. */
export function instanceMemory(instanceType: string): number | undefined {
  // Older generations have odd sizes, and so has C5n.
  const [, family = "", size = ""] = /^(?!c5n)([cmr](?=[5-9])|t)\d[a-z]*\.(.+)$/.exec(instanceType) ?? [];
  if (family === "t") return burstableGib[size] === undefined ? undefined : burstableGib[size] * gib;
  const multiple = /^(\d*)xlarge$/.exec(size)?.[1];
  const cpus =
    size === "medium" ? 1 : size === "large" ? 2 : multiple === undefined ? undefined : 4 * Number(multiple || 1);
  const each = gibPerCpu[family];
  return cpus === undefined || each === undefined ? undefined : cpus * each * gib;
}

import { z } from "zod";
import { hostname, label, matching, size, tag } from "./scalars";

const cidr = z.cidrv4("must be an IPv4 network such as 10.0.0.0/16");

/** An existing network by id, or one that natsform makes. */
const network = z
  .strictObject({
    /** Id of an existing VPC; its subnets are found by tag. Without it a VPC is made from `cidr`. */
    vpcId: matching(/^vpc-[0-9a-f]+$/, "must be a VPC id such as vpc-0a1b2c3d").optional(),
    /** Address range of the VPC that is made. */
    cidr: cidr.default("10.0.0.0/16"),
    /** How private subnets reach AWS: a NAT gateway, or interface endpoints and nothing else. */
    egress: z.enum(["nat", "endpoints"]).default("nat"),
  })
  .prefault({});

const aws = {
  /** Region, for example eu-west-1. */
  region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region such as eu-west-1"),
  /** Zone of the environment; clients connect to `nats.<domain>`. */
  domain: hostname,
  /** Private zone in which servers find each other. Default: `cloudmap.<domain>.internal`. */
  internalDomain: hostname.optional(),
  /** Zone that delegates `domain`, when natsform is to write the delegation. */
  parentDomain: hostname.optional(),
  /** The VPC. */
  network,
  /** Availability zones that servers are spread over, as letters after the region. */
  zones: z
    .array(matching(/^[a-z]$/, "must be one letter"))
    .min(1)
    .max(6)
    .default(["a", "b", "c"]),
  /** Who reaches the client ports: everyone, or the VPC alone. */
  access: z.enum(["public", "vpc"]).default("public"),
  /** Seconds resolvers may cache the client record: how long a failed server stays visible. */
  dnsTtlSeconds: z.int().min(10).max(300).default(60),
};

export const awsEcs = z.strictObject({
  kind: z.literal("aws-ecs"),
  ...aws,
  /** CPU units of a server's task (1024 = one vCPU). */
  cpu: z.int().min(256).max(16384).default(1024),
  /** Memory of a server's task. */
  memory: size.prefault("4GiB"),
  /** `ephemeral`: lost with the task, R3 brings it back. `efs`: kept, against NATS's advice on network file systems. */
  storage: z.enum(["ephemeral", "efs"]).default("ephemeral"),
  /** Seconds ECS waits after SIGTERM before SIGKILL; lame duck mode must fit in. */
  stopTimeoutSeconds: z.int().min(30).max(120).default(120),
});

export const awsEc2 = z.strictObject({
  kind: z.literal("aws-ec2"),
  ...aws,
  /** Type of the instances. */
  instanceType: matching(/^[a-z0-9-]+\.[a-z0-9]+$/, "must be an instance type such as m7g.large").default("m7g.large"),
  /** Data volume of each server; it outlives the instance. */
  volume: z.strictObject({ size: size.prefault("100GiB"), type: z.enum(["gp3", "io2"]).default("gp3") }).prefault({}),
});

export const kubernetes = z.strictObject({
  kind: z.literal("kubernetes"),
  flavor: z.enum(["gke", "eks", "generic"]),
  /** Namespace of the release. */
  namespace: label.default("nats"),
  /** Context of the kubeconfig; without it the in-cluster or cloud token authentication of the stack is used. */
  context: z.string().min(1).optional(),
  /** DNS domain of the Kubernetes cluster. */
  clusterDomain: hostname.default("cluster.local"),
  /** Public zone: an Ingress serves `nats.<domain>` when it is given. */
  domain: hostname.optional(),
  chart: z
    .strictObject({
      version: matching(/^\d+\.\d+\.\d+$/, "must be a chart version such as 2.14.2").default("2.14.2"),
      repository: z.string().min(1).default("https://nats-io.github.io/k8s/helm/charts"),
    })
    .prefault({}),
  /** Zones over which servers must spread; 1 switches the constraint off. */
  zones: z.int().min(1).max(6).default(3),
  terminationGraceSeconds: z.int().min(30).max(600).default(60),
});

const host = z.strictObject({
  name: label,
  /** Address that clients and the mesh reach the machine at. */
  address: z.union([z.ipv4(), z.ipv6()], "must be an IP address"),
  /** Address inside the WireGuard mesh. */
  meshAddress: z.ipv4("must be an IPv4 address"),
  /** Where streams may be placed, for example `territory:dk`. */
  tags: z.array(tag).default([]),
});

export const hosts = z.strictObject({
  kind: z.literal("hosts"),
  /** How servers are run on the machines. */
  runtime: z.enum(["compose", "systemd"]).default("compose"),
  domain: hostname.optional(),
  /** Zone in which machines of the mesh know each other. Default: `<environment>.mesh.internal`. */
  internalDomain: hostname.optional(),
  mesh: z.strictObject({ port: z.int().min(1).max(65535).default(51820) }).prefault({}),
  /** The machines, one server each. */
  hosts: z.array(host).min(1).max(15),
});

/** Where a cluster runs. */
export const platform = z.discriminatedUnion("kind", [awsEcs, awsEc2, kubernetes, hosts]);
export type Platform = z.output<typeof platform>;
export type PlatformKind = Platform["kind"];

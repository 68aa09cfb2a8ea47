import { z } from "zod";
import { chart } from "./charts";
import { awsImages, kubernetesImages } from "./images";
import { ingress, monitoring, natsBox, networkPolicies } from "./kubernetes";
import { hostname, label, matching, size, tag } from "./scalars";

const cidr = z.cidrv4("must be an IPv4 network such as 10.0.0.0/16");

/** An existing network by id, or one that natsform makes. */
const network = z
  .strictObject({
    /** Id of an existing VPC; its subnets are found by tag. Without it a VPC is made from `cidr`. */
    vpcId: matching(/^vpc-[0-9a-f]+$/, "must be a VPC id such as vpc-0a1b2c3d").optional(),
    /** Address range of the VPC that is made, /16 to /22. */
    cidr: cidr
      .refine((range) => {
        const bits = Number(range.split("/")[1]);
        return bits >= 16 && bits <= 22;
      }, "must be a /16 to a /22: it is divided into 64 subnets, and AWS knows none below /28")
      .default("10.0.0.0/16"),
    /** Connection of private subnets to AWS: a NAT gateway, or interface endpoints and nothing else. */
    egress: z.enum(["nat", "endpoints"]).default("nat"),
  })
  .prefault({});

/** Monitoring pages ask for nobody's name: who may read them is said here. */
const awsMonitoring = z
  .strictObject({
    /** Security groups and IPv4 networks that may read 8222 of the servers; without any, nobody. */
    from: z
      .array(
        z.union(
          [z.string().regex(/^sg-[0-9a-f]+$/), z.cidrv4()],
          "must be a security group such as sg-0a1b2c3d, or an IPv4 network such as 10.0.8.0/24",
        ),
      )
      .default([]),
  })
  .prefault({});

export const awsRegion = matching(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region such as eu-west-1");

const aws = {
  /** Region, for example eu-west-1. */
  region: awsRegion,
  /** Zone of the environment; clients connect to `nats.<domain>`. */
  domain: hostname,
  /** Private zone in which servers find each other. Default: `cloudmap.<domain>.internal`. */
  internalDomain: hostname.optional(),
  /** Id of an existing public zone of `domain`. Without it the zone is made. */
  hostedZoneId: matching(
    /^Z[A-Z0-9]{1,31}$/,
    "must be the id of a hosted zone such as Z0123456789ABCDEFGHIJ",
  ).optional(),
  /** Zone that delegates `domain`, when natsform is to write the delegation of the zone that it makes. */
  parentDomain: hostname.optional(),
  /** The VPC. */
  network,
  /** Availability zones that servers are spread over, as letters after the region. */
  zones: z
    .array(matching(/^[a-z]$/, "must be one letter"))
    .min(1)
    .max(6)
    .default(["a", "b", "c"]),
  /** Clients that reach the client ports: everyone, or those in the VPC alone. */
  access: z.enum(["public", "vpc"]).default("public"),
  /** Seconds resolvers may cache the client record: how long a failed server stays visible. */
  dnsTtlSeconds: z.int().min(10).max(300).default(60),
  monitoring: awsMonitoring,
  /** ARN of an existing SNS topic in the region that is notified of every alarm. */
  alarmTopicArn: matching(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/,
    "must be the ARN of an SNS topic",
  ).optional(),
  /**
   * ARNs of the IAM roles that deploy. An alarm rings when anybody else changes the code of a function, what a task runs, or
   * opens a shell in one. It needs a trail of CloudTrail in the account. Default: no alarm.
   */
  deployRoleArns: z
    .array(matching(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of an IAM role"))
    .min(1)
    .optional(),
};

export const awsEcs = z.strictObject({
  kind: z.literal("aws-ecs"),
  ...aws,
  /** CPU units of a server's task (1024 = one vCPU). */
  cpu: z.int().min(256).max(16384).default(1024),
  /** Memory of a server's task. */
  memory: size.prefault("4GiB"),
  /** `ephemeral`: lost with the task, restored by R3. `efs`: kept, against NATS's advice on network file systems. */
  storage: z.enum(["ephemeral", "efs"]).default("ephemeral"),
  /** Seconds ECS waits after SIGTERM before SIGKILL; lame duck mode must fit in. */
  stopTimeoutSeconds: z.int().min(30).max(120).default(120),
  images: awsImages,
});

export const awsEc2 = z.strictObject({
  kind: z.literal("aws-ec2"),
  ...aws,
  /** Type of the instances. */
  instanceType: matching(/^[a-z0-9-]+\.[a-z0-9]+$/, "must be an instance type such as m7g.large").default("m7g.large"),
  /** Data volume of each server; it outlives the instance. */
  volume: z.strictObject({ size: size.prefault("100GiB"), type: z.enum(["gp3", "io2"]).default("gp3") }).prefault({}),
});

/** Data of the Kubernetes cluster that a cloud's tokens need; none of it is secret. */
const kubernetesApi = {
  /** Address of the Kubernetes API. */
  endpoint: z.url({ protocol: /^https$/, error: "must be an https URL" }),
  /** Certificate of the API's authority, base64 as the cloud prints it. */
  certificateAuthority: matching(/^[A-Za-z0-9+/=]{64,}$/, "must be a certificate in base64, as the cloud shows it"),
};

/** Authentication of Terraform at the Kubernetes API. */
const authentication = z
  .discriminatedUnion("kind", [
    /** The kubeconfig of the operator who deploys, and `context` in it. */
    z.strictObject({ kind: z.literal("kubeconfig") }),
    /** The ServiceAccount of the pod that deploys. */
    z.strictObject({ kind: z.literal("in-cluster") }),
    /** Tokens of `gke-gcloud-auth-plugin`, which has to be on the machine that deploys. */
    z.strictObject({ kind: z.literal("gke"), ...kubernetesApi }),
    /** Tokens of `aws eks get-token`, which has to be on the machine that deploys. */
    z.strictObject({
      kind: z.literal("eks"),
      ...kubernetesApi,
      /** Name of the EKS cluster. */
      cluster: z.string().min(1),
      region: awsRegion,
    }),
  ])
  .prefault({ kind: "kubeconfig" });

/** Access of backups to their target; the values of a Secret never enter the configuration. */
const backupAccess = z
  .strictObject({
    /** Annotations of the ServiceAccount: the cloud's own means of granting rights to a pod. */
    annotations: z.record(z.string().min(1), z.string()).default({}),
    /** An existing Secret whose keys become variables, for example AWS_ACCESS_KEY_ID. */
    secret: label.optional(),
    /** An existing claim that is mounted at the path of a `file://` target. */
    claim: label.optional(),
    /**
     * Identity that removes what the retention no longer keeps, so that the one above needs no right to delete. Without it
     * a bucket's own lifecycle rule has to; a volume needs none.
     */
    prune: z
      .strictObject({
        /** As above, of another ServiceAccount. */
        annotations: z.record(z.string().min(1), z.string()).default({}),
        /** As above, another Secret. */
        secret: label.optional(),
      })
      .optional(),
  })
  .prefault({});

export const kubernetes = z.strictObject({
  kind: z.literal("kubernetes"),
  flavor: z.enum(["gke", "eks", "generic"]),
  /** Namespace of the release. */
  namespace: label.default("nats"),
  /** Context of the kubeconfig; without it the current one. */
  context: z.string().min(1).optional(),
  authentication,
  /** DNS domain of the Kubernetes cluster. */
  clusterDomain: hostname.default("cluster.local"),
  /** Public zone: the certificates of leaf nodes and an `ingress` are for `nats.<domain>`. */
  domain: hostname.optional(),
  chart,
  images: kubernetesImages,
  /** Zones over which servers must spread; 1 switches the constraint off. */
  zones: z.int().min(1).max(6).default(3),
  /** CPUs of a server: request and limit. */
  cpu: z.number().min(0.05).max(128).default(2),
  /** Memory of a server: the memory store and the heap. */
  memory: size.prefault("8GiB"),
  /**
   * Limits what containers write to their node's disk, logs included, to 1 GiB each. Nodes that do not measure it run
   * no pod that requests it.
   */
  ephemeralStorage: z.boolean().default(true),
  terminationGraceSeconds: z.int().min(30).max(600).default(60),
  /** The chart's reloader: it applies a changed configuration without a restart. */
  reloader: z.boolean().default(true),
  monitoring,
  natsBox: natsBox.optional(),
  networkPolicies,
  /** Serves browsers at `nats.<domain>`; needs `domain` and the cluster's `websocket`. */
  ingress: ingress.optional(),
  /**
   * Domains of annotations and labels that others write on natsform's objects, for example `linkerd.io`: deployments leave them
   * alone. Known without it: those of GKE, Rancher and OpenShift.
   */
  ignoredMetadata: z.array(hostname).default([]),
  backupAccess,
  /** Certificates (PEM) of authorities that signed for the OIDC issuer, where no public one did. */
  oidcAuthorities: matching(/^-----BEGIN CERTIFICATE-----/, "must be certificates in PEM").optional(),
});

const host = z.strictObject({
  name: label,
  /** Address that clients and the mesh reach the machine at. */
  address: z.union([z.ipv4(), z.ipv6()], "must be an IP address"),
  /** Address inside the WireGuard mesh. */
  meshAddress: z.ipv4("must be an IPv4 address"),
  /** Placement tags for streams, for example `territory:dk`. */
  tags: z.array(tag).default([]),
});

export const hosts = z.strictObject({
  kind: z.literal("hosts"),
  /** Runtime of the servers on the machines. */
  runtime: z.enum(["compose", "systemd"]).default("compose"),
  domain: hostname.optional(),
  /** Zone in which machines of the mesh know each other. Default: `<environment>.mesh.internal`. */
  internalDomain: hostname.optional(),
  mesh: z.strictObject({ port: z.int().min(1).max(65535).default(51820) }).prefault({}),
  /** The machines, one server each. */
  hosts: z.array(host).min(1).max(15),
});

/** Platform that a cluster runs on. */
export const platform = z.discriminatedUnion("kind", [awsEcs, awsEc2, kubernetes, hosts]);
export type Platform = z.output<typeof platform>;
export type PlatformKind = Platform["kind"];

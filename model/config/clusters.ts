import { z } from "zod";
import { httpGateway } from "./http-gateway";
import { link } from "./identity";
import { awsRegion, platform } from "./platforms";
import { accountName, duration, hostname, label, matching, size, tag } from "./scalars";

const storageClass = z.strictObject({
  name: label.default("jetstream-ssd"),
  /** Made by natsform, or one that exists. */
  create: z.boolean().default(true),
  /** Replicated over zones where the cloud can (GKE regional-pd). */
  regional: z.boolean().default(false),
});

const jetstream = z.strictObject({
  /** Memory of each server that streams may use. */
  memory: size.prefault("1GiB"),
  /** Disk space of each server that streams may use; below the size of its volume. */
  file: size.prefault("10GiB"),
  /** `standard` syncs to disk each second; `durable` before each acknowledgement, at about a twentieth of the throughput. */
  durability: z.enum(["standard", "durable"]).default("standard"),
  /** Default: the cluster's name. Cannot be changed without a restart, so it is always set. */
  domain: matching(/^[A-Za-z0-9_-]{1,32}$/, "must be letters, digits, dashes and underscores")
    // They stand in the same place of a subject.
    .refine((name) => !["API", "ACK", "FC", "EVENT", "SNAPSHOT"].includes(name), "is a word of JetStream's own")
    .optional(),
  /** Key of a server tag of which no two replicas may share a value, for example `az:`. */
  uniqueTag: matching(/^[a-z0-9._-]+:$/, "must be the key of a tag such as az:").optional(),
  /** Most bytes in flight while a server catches up. */
  maxOutstandingCatchup: size.optional(),
  /** Reads and writes of files at the same time; nats-server 2.14.5 and later. */
  maxConcurrentIo: z.int().min(4).max(8192).optional(),
  /** Kubernetes: class of the volumes. */
  storageClass: storageClass.prefault({}),
});

const httpsUrl = z.url({ protocol: /^https$/, error: "must be an https URL" });
const authorityArn = matching(
  /^arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:\d{12}:certificate-authority\/[0-9a-f-]+$/,
  "must be the ARN of an authority in ACM PCA",
);

/** Vault as Terraform and the renewal job use it. Mounts are `<tls.mount>-<purpose>`: one authority for each purpose. */
const vault = z
  .strictObject({
    /** Address at which pods reach Vault. */
    address: z.url({ protocol: /^https?$/, error: "must be a URL" }).default("https://vault.vault.svc:8200"),
    /** Certificates (PEM) of the authorities that signed for Vault, where no public one did. */
    authorities: matching(/^-----BEGIN CERTIFICATE-----/, "must be certificates in PEM").optional(),
    /** Makes the mounts, or uses those of these names that exist. */
    create: z.boolean().default(true),
    /** Mount of the root authority. */
    root: z.string().min(1).default("pki-root"),
    /** Path of the Kubernetes authentication. Made with the mounts. */
    authPath: z.string().min(1).default("kubernetes"),
    /** Audience of the tokens with which the renewal job logs in: a token for anybody else opens nothing in Vault. */
    audience: z.string().min(1).default("vault"),
    /** Address at which Vault reaches the Kubernetes API, to ask whether a token is genuine. */
    kubernetesHost: z
      .url({ protocol: /^https$/, error: "must be an https URL" })
      .default("https://kubernetes.default.svc"),
    /** Renewal by a job in the Kubernetes cluster, or by Terraform, whose state then holds the private keys. */
    renewal: z.enum(["job", "terraform"]).default("job"),
  })
  .prefault({});

const tls = z.strictObject({
  /** Signer of the certificates of routes, leaf nodes and internal names. Default: the platform's own. */
  issuer: z.enum(["vault", "certificate-manager", "acm-pca", "local"]).optional(),
  /** Vault: mount of the intermediate and role. */
  mount: z.string().min(1).optional(),
  role: z.string().min(1).optional(),
  /** ACM PCA: ARNs of existing authorities for each purpose. */
  authorities: z
    .strictObject({ internal: authorityArn, routes: authorityArn.optional(), leafnodes: authorityArn.optional() })
    .optional(),
  /** Address of Vault, and the mounts that natsform makes in it. */
  vault,
  /** Lifetime of internal certificates; renewed at a third left. */
  ttl: duration.prefault("720h"),
  /** ACME server that signs public names outside of Kubernetes. */
  acme: z
    .strictObject({
      /** Directory of the server. */
      directory: httpsUrl.default("https://acme-v02.api.letsencrypt.org/directory"),
      /** Directory where a failed order is tried again first, so that no limit of the first directory is used up. */
      stagingDirectory: httpsUrl.default("https://acme-staging-v02.api.letsencrypt.org/directory"),
      /** Address that the server writes to. */
      contact: z.email("must be an e-mail address").optional(),
    })
    .prefault({}),
});

const websocket = z.strictObject({
  /** Origins that browsers may connect from; empty = any. */
  allowedOrigins: z
    .array(z.url({ protocol: /^https?$/, error: "must be an origin such as https://app.example.com" }))
    .default([]),
  /** Compresses messages between servers and browsers. */
  compression: z.boolean().default(true),
});

const schedule = matching(/^(\S+\s){4}\S+$/, "must be five cron fields such as 0 2 * * *");

/** What links may carry, by account. */
const links = z.record(accountName, link).default({});

const foreignLeaf = z.strictObject({
  /** Accounts of the hub that it is linked to. */
  accounts: z.array(accountName).min(1).default(["APP"]),
  links,
  /**
   * Certificates with which its login is good: `any` that the hub trusts for leaf nodes, or its `own` alone. The callout then
   * compares both at each login of the link, which therefore waits for a responder, as users do.
   */
  certificate: z.enum(["any", "own"]).default("any"),
});

const backup = z.strictObject({
  /** Schedule, in cron's notation. */
  schedule: schedule.default("0 2 * * *"),
  /** Target: s3://, gs:// or file:// and a path. */
  to: matching(/^(s3|gs|file):\/\/.+/, "must be s3://, gs:// or file:// and a path"),
  /** Time for which a backup is kept. */
  retention: duration.prefault("30d"),
  /**
   * Schedule, in cron's notation, on which the last backup is restored into an empty server and compared; `false`:
   * never.
   */
  drill: z.union([schedule, z.literal(false)]).default("0 5 * * 0"),
  /** Encrypts with a key of `natsform keys`. Without that key a backup cannot be read. */
  encrypt: z.boolean().default(true),
  /**
   * True where the bucket keeps versions and locks objects for as long as `retention`. The bucket is yours, so natsform does
   * not do it.
   */
  locked: z.boolean().default(false),
  /**
   * ARN of the KMS key that the bucket's objects are encrypted with, where it is one of yours (SSE-KMS). It is asked for with
   * each object, and the tasks on ECS get the rights to it; its own policy has to let them, too.
   */
  kmsKey: matching(
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
    "must be the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID",
  ).optional(),
  /** Region of an `s3://` bucket. Default: that of the cluster on AWS; S3 says where another one is, at the cost of a request. */
  region: awsRegion.optional(),
});

export const cluster = z.strictObject({
  /** Platform that the cluster runs on. */
  platform,
  /** Servers of the cluster. On `hosts` it is the number of hosts. */
  size: z.int().min(1).max(15).default(3),
  /** Name that servers use among themselves. Default: `<environment>-<cluster>`. No spaces. */
  natsName: matching(/^[A-Za-z0-9_-]{1,64}$/, "must be letters, digits, dashes and underscores").optional(),
  /** Streams on this cluster; without it there are none. */
  jetstream: jetstream.optional(),
  /** Certificates of routes, leaf nodes and internal names. */
  tls: tls.prefault({}),
  /** Lets browsers in; without it there is no such listener. */
  websocket: websocket.optional(),
  /** HTTP in front of the cluster: requests, messages and events for callers that cannot hold a NATS client. */
  httpGateway: httpGateway.optional(),
  /** Accepts leaf nodes on port 7422. */
  leafHub: z.boolean().default(false),
  /** Name under which leaf nodes from elsewhere reach the hub, where it is none of the names that it has anyway. */
  leafAddress: hostname.optional(),
  /** nats-servers that natsform does not deploy and that connect to this hub as leaf nodes, by name. */
  foreignLeafs: z.record(label, foreignLeaf).default({}),
  /** Connects as leaf nodes to a hub of this environment, one link for each account. */
  leafOf: z.strictObject({ cluster: label, accounts: z.array(accountName).min(1).default(["APP"]), links }).optional(),
  /** Tags of every server. */
  tags: z.array(tag).default([]),
  /** Snapshots of every stream on a schedule. */
  backup: backup.optional(),
});
export type Cluster = z.output<typeof cluster>;

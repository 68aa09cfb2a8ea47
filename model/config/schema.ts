import { z } from "zod";
import { account } from "./accounts";
import { cluster } from "./clusters";
import { identity } from "./identity";
import { accountName, day, duration, label, resourceTagKey, resourceTagValue, size, version } from "./scalars";
import { defaultRelease } from "./server-releases";
import { stream } from "./streams";

const nats = z
  .strictObject({
    /** nats-server version: what runs, and what gates the keys of its configuration. */
    version: version.default(defaultRelease),
    /** Largest message. nats-server advises against more than 8MiB. */
    maxPayload: size.prefault("1MiB"),
    /** Connections to each server. */
    maxConnections: z.int().min(1).max(1e7).default(65536),
    /** Time that a write to a slow client may take before the client is disconnected. */
    writeDeadline: duration.prefault("10s"),
    /** Free text shown by monitoring; nats-server 2.12 and later. */
    metadata: z.record(z.string().min(1), z.string()).optional(),
    /** Switches of nats-server 2.14 and later. */
    featureFlags: z.record(z.string().min(1), z.boolean()).optional(),
    /** Reads the client's address from a load balancer's PROXY header; nats-server 2.12.2 and later. */
    proxyProtocol: z.boolean().optional(),
  })
  .prefault({});

const acknowledgement = z.strictObject({
  rule: z.string().min(1),
  /** Path that it applies to, as `natsform check` prints it; without it, every path. */
  at: z.string().min(1).optional(),
  reason: z.string().min(10, "must say why, in at least ten characters"),
  /** First day on which it no longer counts. */
  expires: day,
});

const backend = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("local") }),
  z.strictObject({
    kind: z.literal("s3"),
    bucket: z.string().min(3),
    region: z.string().min(1),
    prefix: z.string().default("natsform"),
  }),
  z.strictObject({ kind: z.literal("gcs"), bucket: z.string().min(3), prefix: z.string().default("natsform") }),
]);

/** One deployable configuration. Strict throughout: an unknown key is an error. */
export const Environment = z.strictObject({
  /** Name of the environment, of its file, and the first part of every stack id. */
  name: label,
  /** Settings that every server of the environment shares. */
  nats,
  /** Login and permissions of users. */
  identity,
  /** Accounts of users. `SYS` and `AUTH` are natsform's own and always exist. */
  accounts: z.record(accountName, account).prefault({ APP: {} }),
  /** Clusters by name; servers are named after their cluster. */
  clusters: z.record(label, cluster),
  /** Streams and their consumers, applied by `natsform streams apply`. */
  streams: z.array(stream).default([]),
  /** Findings of `natsform check` that are known and accepted for a time. */
  acknowledge: z.array(acknowledgement).default([]),
  /** Backend of the Terraform state. */
  backend: backend.prefault({ kind: "local" }),
  /** Tags of every cloud resource. */
  tags: z.record(resourceTagKey, resourceTagValue).default({}),
  /** Refuses plans that would delete data. */
  deletionProtection: z.boolean().default(true),
  /** Days that log groups keep what was logged. */
  logRetentionDays: z.literal([1, 7, 14, 30, 60, 90, 180, 365, 400, 731, 1827, 3653]).default(365),
});
export type Environment = z.output<typeof Environment>;
/** Content of an environment file: the same, with defaults left out and units as text. */
export type EnvironmentInput = z.input<typeof Environment>;

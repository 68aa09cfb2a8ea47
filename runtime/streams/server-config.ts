import type { ConsumerConfig, StreamConfig } from "@nats-io/jetstream";
import type { WithRequired } from "@nats-io/transport-node";
import type { ConsumerSettings, StreamSettings } from "./stream-settings";

/** Marks what natsform made. The value is the environment, so that two environments can share an account. */
export const OWNER_KEY = "natsform.environment";

/**
 * Features of nats-server 2.14.5 that a specification cannot express, by their keys. They are never desired; one that
 * is found means drift or a foreign stream.
 *
 * `first_seq` is not among them: it only has a meaning while a stream is created.
 */
export const STREAM_FEATURES = [
  "allow_atomic",
  "allow_batched",
  "allow_msg_counter",
  "allow_msg_schedules",
  "allow_msg_ttl",
  "consumer_limits",
  "discard_new_per_subject",
  "max_consumers",
  "mirror",
  "mirror_direct",
  "no_ack",
  "persist_mode",
  "republish",
  "sealed",
  "sources",
  "subject_delete_marker_ttl",
  "subject_transform",
] as const;

/**
 * The same for consumers. Without `pause_until`, an act of an operator, and `max_waiting`, which has no effect on
 * messages.
 */
export const CONSUMER_FEATURES = [
  "backoff",
  "deliver_group",
  "deliver_subject",
  "flow_control",
  "headers_only",
  "idle_heartbeat",
  "inactive_threshold",
  "max_batch",
  "max_bytes",
  "max_expires",
  "mem_storage",
  "priority_groups",
  "priority_policy",
  "rate_limit_bps",
  "sample_freq",
] as const;

type Feature = (typeof STREAM_FEATURES)[number] | (typeof CONSUMER_FEATURES)[number];

/** Features that are on, by nats-server's key. */
export type Features = Readonly<Partial<Record<Feature, unknown>>>;

export interface Known<Settings> {
  readonly settings: Settings;
  readonly features: Features;
  /** The environment it is stamped with. */
  readonly owner?: string;
}

type Named<Config extends { name: string }> = WithRequired<Partial<Config>, "name">;

const NANOSECONDS = 1_000_000;
const unlimited = (limit: number) => (limit === 0 ? -1 : limit);
const limited = (limit: number | undefined) => (limit === undefined || limit < 0 ? 0 : limit);

/** nats-server's form of a stream. Keys set to undefined are absent on the wire, which makes nats.js clear them. */
export function toStreamConfig(name: string, settings: StreamSettings, owner: string): Named<StreamConfig> {
  const { placementTags: tags, placementCluster: cluster } = settings;
  return {
    ...absent(STREAM_FEATURES),
    name,
    description: settings.description || undefined,
    subjects: [...settings.subjects],
    storage: settings.storage as StreamConfig["storage"],
    num_replicas: settings.replicas,
    retention: settings.retention as StreamConfig["retention"],
    max_age: settings.maxAgeMs * NANOSECONDS,
    max_bytes: unlimited(settings.maxBytes),
    max_msgs: unlimited(settings.maxMessages),
    max_msgs_per_subject: unlimited(settings.maxMessagesPerSubject),
    max_msg_size: unlimited(settings.maxMessageBytes),
    discard: settings.discard as StreamConfig["discard"],
    duplicate_window: settings.duplicateWindowMs * NANOSECONDS,
    placement:
      tags.length || cluster
        ? ({ ...(tags.length && { tags: [...tags] }), ...(cluster && { cluster }) } as StreamConfig["placement"])
        : undefined,
    compression: settings.compression as StreamConfig["compression"],
    allow_rollup_hdrs: settings.allowRollup,
    deny_delete: settings.denyDelete,
    deny_purge: settings.denyPurge,
    allow_direct: settings.allowDirect,
    metadata: { ...settings.metadata, [OWNER_KEY]: owner },
  };
}

export function fromStreamConfig(config: StreamConfig): Known<StreamSettings> {
  return {
    owner: config.metadata?.[OWNER_KEY],
    features: featuresOf(config, STREAM_FEATURES),
    settings: {
      description: config.description ?? "",
      subjects: [...(config.subjects ?? [])].sort(),
      storage: config.storage,
      replicas: config.num_replicas,
      retention: config.retention,
      maxAgeMs: config.max_age / NANOSECONDS,
      maxBytes: limited(config.max_bytes),
      maxMessages: limited(config.max_msgs),
      maxMessagesPerSubject: limited(config.max_msgs_per_subject),
      maxMessageBytes: limited(config.max_msg_size),
      discard: config.discard,
      duplicateWindowMs: (config.duplicate_window ?? 0) / NANOSECONDS,
      placementTags: [...(config.placement?.tags ?? [])].sort(),
      placementCluster: config.placement?.cluster ?? "",
      compression: config.compression ?? "none",
      allowRollup: config.allow_rollup_hdrs,
      denyDelete: config.deny_delete,
      denyPurge: config.deny_purge,
      allowDirect: config.allow_direct,
      metadata: operatorsMetadata(config.metadata),
    },
  };
}

/** nats-server's form of a durable pull consumer. */
export function toConsumerConfig(name: string, settings: ConsumerSettings, owner: string): Partial<ConsumerConfig> {
  const { filterSubjects } = settings;
  const acknowledged = settings.ackPolicy !== "none";
  return {
    ...absent(CONSUMER_FEATURES),
    durable_name: name,
    name,
    description: settings.description || undefined,
    // A single filter stands in the subject of the request, where permissions can name it; several cannot.
    filter_subject: filterSubjects.length === 1 ? filterSubjects[0] : undefined,
    filter_subjects: filterSubjects.length > 1 ? [...filterSubjects] : undefined,
    ack_policy: settings.ackPolicy as ConsumerConfig["ack_policy"],
    deliver_policy: settings.deliverPolicy as ConsumerConfig["deliver_policy"],
    replay_policy: settings.replayPolicy as ConsumerConfig["replay_policy"],
    max_deliver: unlimited(settings.maxDeliver),
    ack_wait: acknowledged ? settings.ackWaitMs * NANOSECONDS : undefined,
    max_ack_pending: acknowledged ? unlimited(settings.maxAckPending) : undefined,
    num_replicas: settings.replicas,
    metadata: { ...settings.metadata, [OWNER_KEY]: owner },
  };
}

export function fromConsumerConfig(config: ConsumerConfig): Known<ConsumerSettings> {
  const acknowledged = config.ack_policy !== "none";
  return {
    owner: config.metadata?.[OWNER_KEY],
    features: featuresOf(config, CONSUMER_FEATURES),
    settings: {
      description: config.description ?? "",
      filterSubjects: [...(config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []))].sort(),
      ackPolicy: config.ack_policy,
      deliverPolicy: config.deliver_policy,
      replayPolicy: config.replay_policy,
      maxDeliver: limited(config.max_deliver),
      ackWaitMs: acknowledged ? (config.ack_wait ?? 0) / NANOSECONDS : 0,
      maxAckPending: acknowledged ? limited(config.max_ack_pending) : 0,
      replicas: config.num_replicas ?? 0,
      metadata: operatorsMetadata(config.metadata),
    },
  };
}

const absent = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, undefined]));

function featuresOf(config: object, keys: readonly Feature[]): Features {
  const values = config as Partial<Record<Feature, unknown>>;
  return Object.fromEntries(keys.filter((key) => !off(values[key])).map((key) => [key, values[key]]));
}

/** Returns whether a value is one of nats-server's forms for a feature that is not used. */
function off(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return [undefined, null, false, 0, -1, "", "default", "none"].includes(value as undefined);
}

/** Without our stamp and without `_nats.` keys, which the server adds to everything that it receives. */
function operatorsMetadata(metadata: Record<string, string> = {}) {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== OWNER_KEY && !key.startsWith("_nats.")));
}

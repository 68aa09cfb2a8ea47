import { z } from "zod";
import { accountName, consumerName, label, period, size, streamName, subject, tag } from "./scalars";

const consumer = z.strictObject({
  name: consumerName,
  /** Subjects of the stream that it gets; without any, all. */
  filterSubjects: z.array(subject).default([]),
  ackPolicy: z.enum(["explicit", "none", "all"]).default("explicit"),
  deliverPolicy: z.enum(["all", "new", "last", "last_per_subject"]).default("all"),
  replayPolicy: z.enum(["instant", "original"]).default("instant"),
  /** Deliveries before a message is given up; -1 = never. */
  maxDeliver: z.int().min(-1).max(1e6).default(-1),
  /** Time that a delivered message may stay unacknowledged before it is delivered again. */
  ackWait: period.prefault("30s"),
  /** Delivered and unacknowledged messages at the same time. */
  maxAckPending: z.int().min(-1).default(1000),
  /** Default: the stream's replicas. */
  replicas: z.int().min(1).max(5).optional(),
});

export const stream = z.strictObject({
  name: streamName,
  /** Cluster that holds it. */
  cluster: label,
  /** Account that it belongs to. */
  account: accountName.default("APP"),
  description: z.string().max(4096).optional(),
  /** Subjects that it stores. `*` is one token: `orders.*` does not store `orders.eu.placed`, `orders.>` does. */
  subjects: z.array(subject).min(1),
  storage: z.enum(["file", "memory"]).default("file"),
  /** Copies, each on another server. */
  replicas: z.int().min(1).max(5).default(3),
  /** Removal of messages: by limits, when every consumer has them, or when one has. */
  retention: z.enum(["limits", "interest", "workqueue"]).default("limits"),
  /** Messages dropped at the limits: the oldest ones, or the new one. */
  discard: z.enum(["old", "new"]).default("old"),
  /** Time for which a message is kept. */
  maxAge: period.optional(),
  /** Size of all messages that are kept. */
  maxBytes: size.optional(),
  maxMessages: z.int().positive().optional(),
  maxMessagesPerSubject: z.int().positive().optional(),
  maxMessageSize: size.optional(),
  /** Time for which a message id is remembered, so that a repeated publish is stored once. */
  duplicateWindow: period.prefault("2m"),
  compression: z.enum(["none", "s2"]).default("none"),
  /** Servers that may hold the stream carry all of these tags. */
  placementTags: z.array(tag).default([]),
  /** `async` acknowledges before the data is written: faster, and refused where the durable tier is declared. */
  persistMode: z.enum(["default", "async"]).default("default"),
  denyDelete: z.boolean().default(false),
  denyPurge: z.boolean().default(false),
  allowRollup: z.boolean().default(false),
  allowDirect: z.boolean().default(true),
  /** The subjects of one entry that must be captured: a reviewable example of what the wildcard is for. */
  examples: z.array(subject).default([]),
  consumers: z.array(consumer).default([]),
});

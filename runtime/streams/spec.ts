import { z } from "zod";
import { collision, SUBJECT, subjectsCollide } from "./subjects";

/** In every limit of this file, 0 means no limit; nats-server writes -1 or 0, depending on the field. */
const limit = z.int().min(0).default(0);

const subject = z
  .string()
  .regex(SUBJECT, "a subject is tokens separated by dots; `*` and `>` are whole tokens, `>` only at the end")
  .refine((text) => !/^\$(JS|JSC|NRG|SYS)(\.|$)/.test(text), "subjects of nats-server itself cannot be stored");

const replicas = z.int().min(1).max(5);

const metadata = z
  .record(z.string(), z.string())
  .refine(
    (entries) => !Object.keys(entries).some((key) => /^(_nats|natsform)\./.test(key)),
    "keys that start with `_nats.` or `natsform.` are taken",
  )
  .default({});

/** A durable pull consumer. Applications bind to it by name; they need no right to create one. */
export const ConsumerSpec = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, "a consumer's name is letters, digits, `_` and `-`")
    .max(255),
  description: z.string().max(4096).optional(),
  /** Empty: every message of the stream. */
  filterSubjects: z.array(subject).default([]),
  ackPolicy: z.enum(["explicit", "all", "none"]).default("explicit"),
  deliverPolicy: z.enum(["all", "new", "last", "last_per_subject"]).default("all"),
  replayPolicy: z.enum(["instant", "original"]).default("instant"),
  maxDeliver: limit,
  /** Milliseconds until an unacknowledged message is delivered again; meaningless with `ackPolicy: "none"`. */
  ackWaitMs: z.int().min(1).default(30_000),
  /** Delivered and unacknowledged messages; meaningless with `ackPolicy: "none"`. */
  maxAckPending: z.int().min(0).default(1000),
  /** Left out: as many as the stream has, also when that changes. */
  replicas: replicas.optional(),
  metadata,
});
export type ConsumerSpec = z.output<typeof ConsumerSpec>;

/**
 * A stream and its consumers: plain data, with every rule of nats-server 2.14.5 that can be checked without a server.
 *
 * There is no persist mode: `async` acknowledges before anything is written, which no environment of ours may promise.
 */
export const StreamSpec = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]*$/, "a stream's name is UPPER_SNAKE")
      .max(255),
    description: z.string().max(4096).optional(),
    subjects: z.array(subject).min(1),
    storage: z.enum(["file", "memory"]).default("file"),
    replicas: replicas.default(1),
    retention: z.enum(["limits", "interest", "workqueue"]).default("limits"),
    maxAgeMs: limit.refine((ms) => ms === 0 || ms >= 100, "nats-server accepts no age below 100 ms"),
    maxBytes: limit,
    maxMessages: limit,
    maxMessagesPerSubject: limit,
    maxMessageBytes: limit,
    discard: z.enum(["old", "new"]).default("old"),
    /**
     * Milliseconds in which a repeated message id is dropped. Default: 2 minutes, or `maxAgeMs` where that is shorter.
     */
    duplicateWindowMs: z.int().min(100).optional(),
    /** A server holds a replica only if it has all of these `server_tags`. Without any, placement is free. */
    placementTags: z.array(z.string().min(1)).default([]),
    placementCluster: z.string().min(1).optional(),
    compression: z.enum(["none", "s2"]).default("none"),
    allowRollup: z.boolean().default(false),
    /** Cannot be taken back, as `denyPurge`. */
    denyDelete: z.boolean().default(false),
    denyPurge: z.boolean().default(false),
    allowDirect: z.boolean().default(true),
    metadata,
    consumers: z.array(ConsumerSpec).default([]),
  })
  .superRefine((stream, context) => {
    for (const [path, message] of refusals(stream)) context.addIssue({ code: "custom", path, message });
  });
export type StreamSpec = z.output<typeof StreamSpec>;

type Refusal = [path: (string | number)[], message: string];

/** Reasons why nats-server refuses a stream although every field is well-formed. */
function* refusals(stream: StreamSpec): Generator<Refusal> {
  const { maxAgeMs, duplicateWindowMs = 0 } = stream;
  if (maxAgeMs > 0 && duplicateWindowMs > maxAgeMs)
    yield [["duplicateWindowMs"], `must not exceed maxAgeMs (${maxAgeMs}); got ${duplicateWindowMs}`];
  if (stream.allowRollup && stream.denyPurge) yield [["allowRollup"], "a roll-up purges, which denyPurge forbids"];
  for (const [i, one] of stream.subjects.entries()) {
    const other = stream.subjects.slice(0, i).find((earlier) => subjectsCollide(earlier, one));
    if (other) yield [["subjects", i], `\`${one}\` overlaps \`${other}\`: every message would be stored twice`];
  }
  for (const [i, consumer] of stream.consumers.entries())
    for (const [path, message] of consumerRefusals(stream, consumer, stream.consumers.slice(0, i)))
      yield [["consumers", i, ...path], message];
}

function* consumerRefusals(
  stream: StreamSpec,
  consumer: ConsumerSpec,
  earlier: readonly ConsumerSpec[],
): Generator<Refusal> {
  if (earlier.some(({ name }) => name === consumer.name)) yield [["name"], `\`${consumer.name}\` is there twice`];
  for (const [i, filter] of consumer.filterSubjects.entries()) {
    if (!collision([filter], stream.subjects))
      yield [["filterSubjects", i], `\`${filter}\` matches nothing that ${stream.name} stores`];
    if (collision([filter], consumer.filterSubjects.slice(0, i)))
      yield [["filterSubjects", i], `\`${filter}\` overlaps another filter of this consumer`];
  }
  if (consumer.deliverPolicy === "last_per_subject" && consumer.filterSubjects.length === 0)
    yield [["filterSubjects"], "last_per_subject needs a filter"];
  if (consumer.replicas !== undefined && consumer.replicas > stream.replicas)
    yield [["replicas"], `must not exceed the stream's ${stream.replicas}; got ${consumer.replicas}`];
  if (stream.retention === "limits") return;
  if (consumer.replicas !== undefined && consumer.replicas !== stream.replicas)
    yield [["replicas"], `must equal the stream's ${stream.replicas} with ${stream.retention} retention`];
  if (stream.retention === "interest") return;
  if (consumer.ackPolicy !== "explicit") yield [["ackPolicy"], "a work queue needs explicit acknowledgement"];
  if (consumer.deliverPolicy !== "all") yield [["deliverPolicy"], "a work queue delivers all"];
  const rival = earlier.find((other) => collision(filters(other), filters(consumer)));
  if (rival) yield [["filterSubjects"], `overlaps \`${rival.name}\`: in a work queue a message has one consumer`];
}

const filters = ({ filterSubjects }: ConsumerSpec) => (filterSubjects.length ? filterSubjects : [">"]);

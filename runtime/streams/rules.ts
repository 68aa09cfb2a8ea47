import type { FoundConsumer, FoundStream } from "./found";
import type { CONSUMER_FEATURES, STREAM_FEATURES } from "./server-config";
import type { ConsumerSettings, StreamSettings } from "./stream-settings";

/** Effect of changing one field, measured on nats-server 2.14.5 (`__tests__/truth/streams.test.ts`). */
export type Verdict =
  | { readonly how: "in-place" }
  /** nats-server refuses it: only a new stream or consumer can have the desired value. */
  | { readonly how: "recreate"; readonly why: string }
  /** nats-server does it without a question, and messages, or the safety of messages, are gone. */
  | { readonly how: "loss"; readonly what: string };

type StreamRule = (found: FoundStream, desired: StreamSettings) => Verdict;
type ConsumerRule = (props: ConsumerChange) => Verdict;

export interface ConsumerChange {
  readonly found: FoundConsumer;
  readonly desired: ConsumerSettings;
  readonly stream: FoundStream;
  readonly desiredStream: StreamSettings;
}

const inPlace = (): Verdict => ({ how: "in-place" });
const never = (why: string) => (): Verdict => ({ how: "recreate", why });
const loss = (what: string): Verdict => ({ how: "loss", what });

export const STREAM_RULES: Readonly<Record<keyof StreamSettings, StreamRule>> = {
  description: inPlace,
  // A removed subject stops being stored; what is stored of it stays.
  subjects: inPlace,
  storage: never("a stream cannot move between file and memory"),
  replicas: ({ settings }, { replicas }) =>
    replicas >= settings.replicas
      ? inPlace()
      : loss(`${settings.replicas - replicas} of ${settings.replicas} copies of every message`),
  retention: ({ settings, messages }, { retention }) => {
    if (settings.retention === "workqueue" || retention === "workqueue")
      return { how: "recreate", why: "the retention of a stream cannot change to or from workqueue" };
    return retention === "interest" && messages > 0
      ? loss(
          `up to ${count(messages, "message")}: those that every consumer has acknowledged, or that none receives, are removed`,
        )
      : inPlace();
  },
  maxAgeMs: ({ oldestMs, messages }, { maxAgeMs }) =>
    maxAgeMs > 0 && messages > 0 && oldestMs > maxAgeMs
      ? loss(`messages older than ${maxAgeMs} ms; the oldest is ${Math.round(oldestMs)} ms old`)
      : inPlace(),
  maxBytes: ({ bytes }, { maxBytes, discard }) => tooMany(bytes, maxBytes, discard, "bytes"),
  maxMessages: ({ messages }, { maxMessages, discard }) => tooMany(messages, maxMessages, discard, "messages"),
  // Unlike the two above, enforced at once with `discard: new`, too.
  maxMessagesPerSubject: ({ fullestSubject }, { maxMessagesPerSubject: limit }) =>
    limit > 0 && fullestSubject > limit
      ? loss(`the oldest messages of each subject with more than ${limit}; the fullest has up to ${fullestSubject}`)
      : inPlace(),
  // Not retroactive: larger messages stay.
  maxMessageBytes: inPlace,
  discard: ({ messages }, desired) =>
    desired.discard === "old" && messages > 0 && (desired.maxMessages > 0 || desired.maxBytes > 0)
      ? loss("a full stream drops its oldest messages instead of refusing new ones")
      : inPlace(),
  duplicateWindowMs: inPlace,
  // Moves the replicas; nats-server copies first and removes last.
  placementTags: inPlace,
  placementCluster: inPlace,
  compression: inPlace,
  allowRollup: inPlace,
  denyDelete: (_, { denyDelete }) => (denyDelete ? inPlace() : never("denyDelete cannot be taken back")()),
  denyPurge: (_, { denyPurge }) => (denyPurge ? inPlace() : never("denyPurge cannot be taken back")()),
  allowDirect: inPlace,
  metadata: inPlace,
};

/** Features that cannot be turned off; the others can. */
export const LASTING_STREAM_FEATURES: Partial<Record<(typeof STREAM_FEATURES)[number], string>> = {
  allow_msg_counter: "a counter stream cannot become another kind",
  allow_msg_schedules: "message schedules cannot be turned off",
  allow_msg_ttl: "message TTLs cannot be turned off",
  persist_mode: "it acknowledges messages before they are written, and the persist mode of a stream cannot change",
  sealed: "a sealed stream stays sealed",
};

export const CONSUMER_RULES: Readonly<Record<keyof ConsumerSettings, ConsumerRule>> = {
  description: inPlace,
  filterSubjects: ({ stream, desiredStream }) =>
    stream.messages > 0 && [stream.settings.retention, desiredStream.retention].includes("interest")
      ? loss(`up to ${count(stream.messages, "message")} that no consumer receives any more`)
      : inPlace(),
  ackPolicy: never("the ack policy of a consumer cannot change"),
  deliverPolicy: never("the deliver policy of a consumer cannot change"),
  replayPolicy: never("the replay policy of a consumer cannot change"),
  maxDeliver: inPlace,
  ackWaitMs: inPlace,
  maxAckPending: inPlace,
  replicas: ({ found, desired, stream, desiredStream }) => {
    const from = found.settings.replicas || stream.settings.replicas;
    const to = desired.replicas || desiredStream.replicas;
    // A stream that shrinks shrinks its consumers with it: that is its own loss, reported there.
    return to < Math.min(from, desiredStream.replicas)
      ? loss(`${from - to} of ${from} copies of its position`)
      : inPlace();
  },
  metadata: inPlace,
};

export const LASTING_CONSUMER_FEATURES: Partial<Record<(typeof CONSUMER_FEATURES)[number], string>> = {
  deliver_subject: "a push consumer cannot become a pull consumer",
  flow_control: "flow control cannot change",
  idle_heartbeat: "heartbeats cannot change",
  mem_storage: "a consumer cannot move between file and memory",
};

function tooMany(stored: number, limit: number, discard: string, unit: string): Verdict {
  // With `discard: new` nats-server keeps what is there and refuses new messages until there is room.
  return limit > 0 && stored > limit && discard === "old"
    ? loss(`the oldest ${stored - limit} of ${stored} ${unit}`)
    : inPlace();
}

/** Everything in a stream, in words. */
export const contentOf = ({ messages, consumers }: FoundStream): string =>
  consumers.length === 0
    ? `its ${count(messages, "message")}`
    : `its ${count(messages, "message")} and ${count(consumers.length, "consumer")}`;

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;

import { formatDuration, formatSize } from "../config/units";
import type { ClusterTopology, StreamTopology, Topology } from "../topology";
import type { Loss, StreamChange } from "./model";
import { differences, isSame } from "./same";

/** Effect of one changed setting of a stream; what is lost, in words, where something is. */
type Verdict = "update" | "recreate" | { loss: string };
type Rule = (before: StreamTopology, after: StreamTopology) => Verdict;

const update: Rule = () => "update";
const recreate: Rule = () => "recreate";
/** A limit that comes to be or becomes lower removes what is beyond it. */
const limit =
  (
    field: "maxAgeMs" | "maxBytes" | "maxMessages" | "maxMessagesPerSubject",
    what: string,
    said: (limit: number) => string = String,
  ): Rule =>
  (before, after) => {
    const [from = Number.POSITIVE_INFINITY, to = Number.POSITIVE_INFINITY] = [before[field], after[field]];
    // With `discard: new` a full stream refuses messages and keeps those that it has; age and subjects know no such mercy.
    const keeps = after.discard === "new" && (field === "maxBytes" || field === "maxMessages");
    return to < from && !keeps ? { loss: `${what} ${said(to)}` } : "update";
  };

/**
 * Every setting of a stream. What nats-server does with it was measured for `natsform streams`, which knows the stored
 * messages; here the worst is assumed.
 */
const rules: Readonly<Record<Exclude<keyof StreamTopology, "consumers">, Rule>> = {
  name: recreate,
  cluster: recreate,
  account: recreate,
  description: update,
  subjects: update,
  storage: recreate,
  replicas: (before, after) =>
    after.replicas < before.replicas
      ? { loss: `${before.replicas - after.replicas} of ${before.replicas} copies of every message` }
      : "update",
  retention: (before, after) => {
    if ([before.retention, after.retention].includes("workqueue")) return "recreate";
    return after.retention === "interest"
      ? { loss: "messages that every consumer has acknowledged, or that none receives" }
      : "update";
  },
  discard: (_, after) =>
    after.discard === "old" && (after.maxBytes !== undefined || after.maxMessages !== undefined)
      ? { loss: "the oldest messages whenever it is full: it refused new ones before" }
      : "update",
  maxAgeMs: limit("maxAgeMs", "messages older than", formatDuration),
  maxBytes: limit("maxBytes", "the oldest messages beyond", formatSize),
  maxMessages: limit("maxMessages", "the oldest messages where there are more than"),
  maxMessagesPerSubject: limit("maxMessagesPerSubject", "the oldest messages of each subject that has more than"),
  maxMessageBytes: update,
  duplicateWindowMs: update,
  compression: update,
  placementTags: update,
  persistMode: recreate,
  denyDelete: ({ denyDelete }) => (denyDelete ? "recreate" : "update"),
  denyPurge: ({ denyPurge }) => (denyPurge ? "recreate" : "update"),
  allowRollup: update,
  allowDirect: update,
  examples: update,
};

/** Settings of a consumer that only another consumer can have. */
const lasting = ["ackPolicy", "deliverPolicy", "replayPolicy"];

const idOf = ({ cluster, account, name }: StreamTopology) => `${cluster}/${account}/${name}`;

/** What happens to the streams of an environment. */
export function streamChanges(before: Topology, after: Topology): { streams: StreamChange[]; losses: Loss[] } {
  const streams: StreamChange[] = [];
  const losses: Loss[] = [];
  const old = new Map(before.streams.map((stream) => [idOf(stream), stream]));
  for (const stream of after.streams) {
    const from = old.get(idOf(stream));
    old.delete(idOf(stream));
    if (!from) streams.push(changeOf(stream, "create"));
    else if (!isSame(from, stream)) {
      const change = compared(from, stream);
      if (change.streams.fields.some((field) => field !== "examples")) streams.push(change.streams);
      losses.push(...change.losses);
    }
  }
  for (const stream of old.values()) {
    streams.push(changeOf(stream, "orphan"));
  }
  return { streams, losses };
}

const changeOf = (
  { name, cluster, account }: StreamTopology,
  effect: StreamChange["effect"],
  fields: string[] = [],
): StreamChange => ({ stream: name, cluster, account, effect, fields });

function compared(from: StreamTopology, to: StreamTopology): { streams: StreamChange; losses: Loss[] } {
  const { name } = to;
  const at = `streams.${name}`;
  const fields = differences(from, to).filter((field) => field !== "consumers") as Exclude<
    keyof StreamTopology,
    "consumers"
  >[];
  const verdicts = fields.map((field) => ({ field, verdict: rules[field](from, to) }));
  const anew = verdicts.filter(({ verdict }) => verdict === "recreate");
  const losses = verdicts.flatMap(({ field, verdict }): Loss[] =>
    typeof verdict === "object" ? [{ name, at: `${at}.${field}`, what: verdict.loss }] : [],
  );
  const consumers = consumerLosses(from, to);
  return {
    streams: changeOf(to, anew.length > 0 ? "recreate" : "update", [
      ...fields,
      ...(isSame(from.consumers, to.consumers) ? [] : ["consumers"]),
    ]),
    losses: [
      ...anew.map(({ field }) => ({
        name,
        at: `${at}.${field}`,
        what: "all of its messages: only a new stream can have this",
      })),
      ...losses,
      ...consumers,
    ],
  };
}

/** A consumer that is taken out stays, as its stream does; one that has to be another one loses its position. */
function consumerLosses(from: StreamTopology, to: StreamTopology): Loss[] {
  return to.consumers.flatMap((consumer) => {
    const old = from.consumers.find(({ name }) => name === consumer.name);
    const changed = old ? differences(old, consumer).filter((field) => lasting.includes(field)) : [];
    return changed.map((field) => ({
      name: `${to.name}/${consumer.name}`,
      at: `streams.${to.name}.consumers.${consumer.name}.${field}`,
      what: "its position: only a new consumer can have this",
    }));
  });
}

/** Streams that a cluster stores. */
export const streamsOn = ({ streams }: Topology, { name }: Pick<ClusterTopology, "name">): StreamTopology[] =>
  streams.filter(({ cluster }) => cluster === name);

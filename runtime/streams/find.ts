import { type JetStreamManager, jetstreamManager, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  CONSUMER_NOT_FOUND,
  errorNumber,
  NotYet,
  notYetWhenMissing,
  STREAM_NOT_FOUND,
  unlessMissing,
  until,
} from "../client/retry";
import type { FoundConsumer, FoundStream } from "./found";
import { fromConsumerConfig, fromStreamConfig } from "./server-config";

/** Above this, the fullest subject of a stream is bounded instead of counted: the answer would be megabytes. */
const COUNTED_SUBJECTS = 10_000;

/** Milliseconds that one request may take. Short, because a request to a group without a leader is never answered. */
const REQUEST_TIMEOUT_MS = 3000;

/** A consumer that no server has for so long is lost; while it is only being moved, it takes less than one second. */
export const LOST_AFTER_MS = 10_000;

/** A manager that asks nothing when it is made: whether JetStream is there is found out, with retries, by its use. */
export const manager = (nc: NatsConnection): Promise<JetStreamManager> =>
  jetstreamManager(nc, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS });

/** A desired stream and its consumers, by name. */
interface Named {
  readonly name: string;
  readonly consumers: readonly { readonly name: string }[];
}

/**
 * Every stream of the connection's account with all its consumers.
 *
 * Complete or not at all: names come from the cluster's own assignment and each is then requested. The LIST requests of
 * nats-server do not do: they leave out what has no leader, or report it with 0 messages. What is desired is also
 * requested by name, because for a moment after a creation NAMES does not know it yet.
 *
 * @param deadline milliseconds since the epoch, for a cluster that is starting or electing
 * @throws NotInTime when a stream or consumer has no leader until then
 */
export async function findStreams(
  nc: NatsConnection,
  deadline: number,
  desired: readonly Named[] = [],
): Promise<FoundStream[]> {
  const jsm = await manager(nc);
  const found: FoundStream[] = [];
  const listed = await names(nc, "STREAM.NAMES", "streams", deadline);
  for (const name of union(listed, desired)) {
    // What is deleted between its name and its description is not there.
    const consumers = desired.find((stream) => stream.name === name)?.consumers ?? [];
    const stream = await unlessMissing(STREAM_NOT_FOUND, () => findStream(nc, jsm, { name, consumers }, deadline));
    if (stream) found.push(stream);
  }
  return found;
}

const union = (listed: readonly string[], desired: readonly { readonly name: string }[]) =>
  [...new Set([...listed, ...desired.map(({ name }) => name)])].sort();

async function findStream(nc: NatsConnection, jsm: JetStreamManager, desired: Named, deadline: number) {
  const { name } = desired;
  const start = Date.now();
  const { info, consumers, lostConsumers } = await until(`reading the stream ${name}`, deadline, async () => {
    const info = withLeader(name, await jsm.streams.info(name));
    // Its leader knows a stream that others do not know yet: read again from the start.
    const found = await notYetWhenMissing([STREAM_NOT_FOUND], () => findConsumers(nc, jsm, desired, deadline));
    const [lost] = found.lostConsumers;
    if (lost !== undefined && Date.now() < start + LOST_AFTER_MS) throw new NotYet(`no server has ${name}/${lost}`);
    return { info, ...found };
  });
  const { messages, bytes, first_ts } = info.state;
  return {
    name,
    ...fromStreamConfig(info.config),
    messages,
    bytes,
    oldestMs: messages > 0 ? Date.parse(info.ts ?? new Date().toISOString()) - Date.parse(first_ts) : 0,
    fullestSubject: await fullestSubject(jsm, info, deadline),
    consumers,
    lostConsumers,
  };
}

async function findConsumers(nc: NatsConnection, jsm: JetStreamManager, desired: Named, deadline: number) {
  const consumers: FoundConsumer[] = [];
  const lostConsumers: string[] = [];
  const listed = await names(nc, `CONSUMER.NAMES.${desired.name}`, "consumers", deadline);
  for (const name of union(listed, desired.consumers)) {
    const what = `${desired.name}/${name}`;
    const read = async () => withLeader(what, await jsm.consumers.info(desired.name, name));
    try {
      const { config } = await until(`reading the consumer ${what}`, deadline, read);
      consumers.push({ name, ...fromConsumerConfig(config) });
    } catch (error) {
      if (errorNumber(error) === STREAM_NOT_FOUND) lostConsumers.push(name);
      else if (errorNumber(error) !== CONSUMER_NOT_FOUND) throw error;
    }
  }
  return { consumers, lostConsumers };
}

async function fullestSubject(jsm: JetStreamManager, { config, state }: StreamInfo, deadline: number): Promise<number> {
  const subjects = state.num_subjects ?? 0;
  const bound = Math.max(0, state.messages - Math.max(0, subjects - 1));
  if (bound <= 1 || subjects > COUNTED_SUBJECTS) return bound;
  const { state: counted } = await until(`counting the subjects of ${config.name}`, deadline, () =>
    jsm.streams.info(config.name, { subjects_filter: ">" }),
  );
  return Math.max(0, ...Object.values(counted.subjects ?? {}));
}

interface Page {
  readonly total: number;
  readonly error?: { code: number; err_code: number; description: string };
}

/** All pages of one of the NAMES requests; nats.js has none for consumers. */
async function names(nc: NatsConnection, request: string, key: string, deadline: number): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const page = await until(`requesting ${request}`, deadline, async () => {
      const body = JSON.stringify({ offset: found.length });
      const message = await nc.request(`$JS.API.${request}`, body, { timeout: REQUEST_TIMEOUT_MS });
      const answer = message.json<Page & Record<string, string[] | undefined>>();
      if (answer.error) throw Object.assign(new Error(answer.error.description), { api_error: answer.error });
      return answer;
    });
    const pageNames = page[key] ?? [];
    found.push(...pageNames);
    if (pageNames.length === 0 || found.length >= page.total) return found;
  }
}

/** A replica that answers for a group without a leader may know less than was acknowledged. */
function withLeader<Info extends { cluster?: { leader?: string } }>(what: string, info: Info): Info {
  if (info.cluster && !info.cluster.leader) throw new NotYet(`${what} has no leader`);
  return info;
}

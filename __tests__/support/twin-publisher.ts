import { jetstream, type StreamInfo } from "@nats-io/jetstream";
import type { NatsClient } from "../../runtime/client";
import { NotYet, until } from "../../runtime/client/retry";
import { manager } from "../../runtime/streams/find";

/** What a publisher was promised, and how long it had to wait for it. */
export interface Published {
  /** Ids of acknowledged messages. */
  acknowledged: Set<string>;
  /** Messages that were given up, with the reason. */
  failed: string[];
  /** The longest time without any acknowledgement. */
  longestGapMs: number;
  /** Acknowledgements that came from a retry of a message already stored. */
  duplicates: number;
  /** Times that a server was still at work on the message that was sent again. */
  conflicts: number;
}

export interface Publisher {
  /** Acknowledgements so far. */
  count(): number;
  /** Ends after the messages under way, which are waited for. */
  stop(): Promise<Published>;
}

const lanes = 4;
/** Code 10158, which `publishToStream` does not try again: the first attempt is neither stored nor given up yet. */
const inProcess = "duplicate message id is in process";

/** Publishes on four lanes, each message with an id of its own and retried until acknowledged. @param pauseMs after each */
export function startPublisher(client: NatsClient, subject: string, prefix = "m", pauseMs = 5): Publisher {
  const published: Published = { acknowledged: new Set(), failed: [], longestGapMs: 0, duplicates: 0, conflicts: 0 };
  let stopped = false;
  let last = Date.now();
  let next = 0;
  const lane = async () => {
    let again: string | undefined;
    while (!stopped || again) {
      const id = again ?? `${prefix}-${next++}`;
      again = undefined;
      try {
        const { duplicate } = await client.publishToStream(subject, id, {
          messageId: id,
          timeoutMs: 250,
          retryForMs: 60_000,
        });
        const now = Date.now();
        published.longestGapMs = Math.max(published.longestGapMs, now - last);
        last = now;
        published.acknowledged.add(id);
        if (duplicate) published.duplicates++;
      } catch (error) {
        if (error instanceof Error && error.message === inProcess) {
          published.conflicts++;
          again = id;
          continue;
        }
        published.failed.push(`${id}: ${error instanceof Error ? error.message : error}`);
        if (published.failed.length > 20) stopped = true;
      }
      // A few hundred messages a second leave the processors to the servers.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const all = Promise.all(Array.from({ length: lanes }, lane));
  return {
    count: () => published.acknowledged.size,
    async stop() {
      stopped = true;
      await all;
      return published;
    },
  };
}

/** What the leader of a stream says of it, once there is one: without, a request is never answered. */
export async function streamInfo(client: NatsClient, stream: string): Promise<StreamInfo> {
  const jsm = await manager(await client.connection());
  return until(`the leader of ${stream}`, Date.now() + 90_000, async () => {
    const info = await jsm.streams.info(stream);
    if (info.cluster && !info.cluster.leader) throw new NotYet("it has no leader");
    return info;
  });
}

/** Ids of everything that a stream holds, in its order. */
export async function storedIds(client: NatsClient, stream: string): Promise<string[]> {
  const stored = jetstream(await client.connection(), { timeout: 30_000 });
  const { state } = await streamInfo(client, stream);
  if (state.messages === 0) return [];
  const consumer = await stored.consumers.get(stream);
  const ids: string[] = [];
  const messages = await consumer.consume({ max_messages: 500 });
  for await (const message of messages) {
    // The client puts its identity, one token, before each id.
    ids.push((message.headers?.get("Nats-Msg-Id") ?? "").replace(/^[^.]+\./, ""));
    if (message.seq >= state.last_seq) break;
  }
  return ids;
}

/** What was acknowledged and is not there, and what is there more than once: both must be empty. */
export function compare(stored: readonly string[], { acknowledged }: Published): { lost: string[]; twice: string[] } {
  const seen = new Set<string>();
  const twice = stored.filter((id) => seen.size === seen.add(id).size);
  return { lost: [...acknowledged].filter((id) => !seen.has(id)), twice };
}

export const figures = ({ acknowledged, longestGapMs, duplicates, conflicts, failed }: Published): string =>
  [
    `${acknowledged.size} acknowledged`,
    `longest gap between acknowledgements ${longestGapMs} ms`,
    `${duplicates} retries of what was stored, ${conflicts} of what was being stored`,
    `${failed.length} given up`,
  ].join(", ");

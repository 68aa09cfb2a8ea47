import { createHash, randomUUID } from "node:crypto";
import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { createInbox, type Msg, type NatsConnection, type Subscription } from "@nats-io/transport-node";
import { errorMessage } from "../common/error-message";
import type { Digests } from "./compare";
import { readDelivery } from "./delivery";

const SECOND_NS = 1_000_000_000;
/** Consumers that are made at most to have one on each server: each lands on any of them. Of five none is missed by chance. */
const ATTEMPTS_PER_SERVER = 20;
/** Without a message or a heartbeat for so long, a reading has failed. */
const SILENCE_MS = 15_000;

/** Servers that take no reader: they are away, or are just coming back. */
export class NoReaderOn extends Error {
  override readonly name = "NoReaderOn";
  constructor(readonly servers: readonly string[]) {
    super(`no reader came to be on ${servers.join(", ")}`);
  }
}

/** A reading that a server did not bring to its end: it is busy, frozen, or has gone. */
export class ReadingStopped extends Error {
  override readonly name = "ReadingStopped";
}

export interface Reading {
  stream: string;
  /** Servers that hold a replica. */
  servers: readonly string[];
  /** First and last sequence. */
  from: number;
  to: number;
  /** At most so many bytes a second of each replica. */
  bytesPerSecond: number;
  inboxPrefix: string;
}

/**
 * Reads what each server itself holds of a stream. A consumer with one replica reads the store of the server that it is
 * on; which one that is the cluster decides, and says. The consumers are in memory, acknowledge nothing, and are gone
 * afterwards.
 *
 * @throws NoReaderOn; ReadingStopped
 */
export async function readReplicas(
  nc: NatsConnection,
  jsm: JetStreamManager,
  reading: Reading,
): Promise<Map<string, Digests>> {
  const consumers = await consumersOnEach(jsm, reading);
  try {
    const digests = [...consumers].map(async ([server, consumer]): Promise<[string, Digests]> => {
      try {
        return [server, await read(nc, consumer, reading.to)];
      } catch (error) {
        const where = `${reading.stream} on ${server}: ${errorMessage(error)}`;
        throw error instanceof ReadingStopped ? new ReadingStopped(where) : new Error(where);
      }
    });
    const settled = await Promise.allSettled(digests);
    return new Map(
      settled.map((result) => {
        if (result.status === "rejected") throw result.reason;
        return result.value;
      }),
    );
  } finally {
    await Promise.allSettled([...consumers.values()].map(({ name }) => jsm.consumers.delete(reading.stream, name)));
  }
}

/** A consumer on each server, by the server. */
async function consumersOnEach(jsm: JetStreamManager, reading: Reading): Promise<Map<string, ConsumerInfo>> {
  const placed = new Map<string, ConsumerInfo>();
  for (let left = reading.servers.length * ATTEMPTS_PER_SERVER; placed.size < reading.servers.length; left--) {
    if (left === 0) {
      await Promise.allSettled([...placed.values()].map(({ name }) => jsm.consumers.delete(reading.stream, name)));
      throw new NoReaderOn(reading.servers.filter((server) => !placed.has(server)));
    }
    const consumer = await jsm.consumers.add(reading.stream, {
      name: `natsform-audit-${randomUUID()}`,
      description: "natsform audit: reads one replica",
      deliver_subject: createInbox(reading.inboxPrefix),
      ack_policy: "none",
      deliver_policy: "by_start_sequence",
      opt_start_seq: reading.from,
      num_replicas: 1,
      mem_storage: true,
      flow_control: true,
      idle_heartbeat: 2 * SECOND_NS,
      // Of a reader that was killed nothing stays.
      inactive_threshold: 60 * SECOND_NS,
      rate_limit_bps: reading.bytesPerSecond * 8,
    });
    const server = consumer.cluster?.leader ?? "";
    if (reading.servers.includes(server) && !placed.has(server)) placed.set(server, consumer);
    else await jsm.consumers.delete(reading.stream, consumer.name);
  }
  return placed;
}

/** Digests of a consumer's messages up to a sequence. */
async function read(nc: NatsConnection, { config, num_pending }: ConsumerInfo, to: number): Promise<Digests> {
  const digests = new Map<number, string>();
  if (num_pending === 0) return digests;
  const subscription = nc.subscribe(config.deliver_subject ?? "");
  const silence = new Silence(subscription);
  try {
    for await (const message of subscription) {
      silence.interrupted();
      if (isStatus(message)) {
        // Flow control: the server goes on when it is answered.
        const reply = message.reply || message.headers?.get("Nats-Consumer-Stalled");
        if (reply) nc.publish(reply);
        if (lastDelivered(message) > digests.size) throw new ReadingStopped("messages were lost on the way");
        continue;
      }
      const delivery = readDelivery(message.reply ?? "");
      if (!delivery) throw new Error(`a message without a place in the stream: ${message.reply}`);
      if (delivery.sequence <= to) digests.set(delivery.sequence, digestOf(message, delivery.stored));
      if (delivery.sequence >= to || delivery.pending === 0) return digests;
    }
    throw new ReadingStopped(`nothing came for ${SILENCE_MS / 1000} s`);
  } finally {
    silence.end();
    subscription.unsubscribe();
  }
}

/** Ends a subscription on which nothing comes any more. */
class Silence {
  #timer: NodeJS.Timeout;
  constructor(subscription: Subscription) {
    this.#timer = setTimeout(() => subscription.unsubscribe(), SILENCE_MS);
  }
  interrupted(): void {
    this.#timer.refresh();
  }
  end(): void {
    clearTimeout(this.#timer);
  }
}

const isStatus = ({ headers }: Msg): boolean => headers?.code === 100;
const lastDelivered = ({ headers }: Msg): number => Number(headers?.get("Nats-Last-Consumer") || 0);

/** Everything that a message is: where it was published, with which headers and content, and when it was stored. */
function digestOf({ subject, headers, data }: Msg, stored: string): string {
  const fields = headers?.keys().map((key) => [key, headers.values(key)]) ?? [];
  return createHash("sha256")
    .update(`${JSON.stringify([subject, stored, fields])}\n`)
    .update(data)
    .digest("base64url");
}

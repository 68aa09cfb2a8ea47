import { createInbox, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { answerOf, type Json, type StreamState } from "./api";
import { BACKUP_INBOX } from "./contract";

/** A snapshot that ended before its end. Taking it again may succeed. */
export class SnapshotBroken extends Error {
  override readonly name = "SnapshotBroken";
}

/** A snapshot on its way. The whole of `chunks` must be read, or its `return` called. */
export interface Snapshot {
  readonly config: Json & { readonly name: string };
  /** State when the snapshot began: it holds at least this, and may hold messages that came while it was taken. */
  readonly state: StreamState;
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/** Bytes of a chunk: nats-server's default, so that a window is 64 of them. */
const CHUNK_BYTES = 128 * 1024;
const WINDOW_BYTES = 8 * 1024 * 1024;

/**
 * Interval of signs of life: nats-server gives up after 5 s of silence; a slow target must not look like a dead client.
 */
const SIGN_OF_LIFE_MS = 2000;

/** Milliseconds without a chunk, while none of ours is unacknowledged, after which the server counts as gone. */
const IDLE_MS = 15_000;

/**
 * Takes a snapshot of a stream. nats-server checks the checksum of every message: before 2.15 before it answers, since
 * then while it sends.
 *
 * @param consumers false leaves its consumers out
 * @throws ApiRefusal, NatsError when it does not begin; SnapshotBroken while it is read
 */
export async function takeSnapshot(
  nc: NatsConnection,
  stream: string,
  { timeoutMs, consumers }: { timeoutMs: number; consumers: boolean },
): Promise<Snapshot> {
  const receiver = new Receiver(nc);
  const request = `STREAM.SNAPSHOT.${stream}`;
  const sizes = { chunk_size: CHUNK_BYTES, window_size: WINDOW_BYTES };
  const body = { deliver_subject: receiver.subject, ...sizes, jsck: true, no_consumers: !consumers };
  try {
    // The check of all messages comes before the answer.
    const { data } = await nc.request(`$JS.API.${request}`, JSON.stringify(body), { timeout: timeoutMs });
    const { config, state } = answerOf<Omit<Snapshot, "chunks">>(request, data);
    return { config, state, chunks: receiver.chunks() };
  } catch (error) {
    receiver.close();
    throw error;
  }
}

/** Receives chunks in order; each is acknowledged once the reader requests the next one. */
class Receiver {
  readonly subject = createInbox(BACKUP_INBOX);
  readonly #queue: Msg[] = [];
  /** Replies of chunks that are not acknowledged yet, oldest first. */
  readonly #owed: string[] = [];
  #acknowledged = 0;
  #error?: Error;
  #wake: () => void = () => {};
  readonly #subscription;

  constructor(private readonly nc: NatsConnection) {
    this.#subscription = nc.subscribe(this.subject, {
      callback: (error, message) => {
        if (error) this.#error = new SnapshotBroken(error.message);
        else {
          this.#queue.push(message);
          if (message.reply) this.#owed.push(message.reply);
        }
        this.#wake();
      },
    });
  }

  close(): void {
    this.#subscription.unsubscribe();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const alive = setInterval(() => {
      if (Date.now() - this.#acknowledged >= SIGN_OF_LIFE_MS) this.#acknowledge();
    }, SIGN_OF_LIFE_MS / 2);
    try {
      for (;;) {
        const message = await this.#next();
        if (message.data.length === 0) {
          const { code, description } = message.headers ?? { code: 0, description: "" };
          // A snapshot that fits into one chunk ends without a status.
          if (code !== 0 && code !== 204) throw new SnapshotBroken(`nats-server ended it: ${code} ${description}`);
          return;
        }
        yield message.data;
        // The oldest, which is this one unless a sign of life was due.
        if (message.reply) this.#acknowledge();
      }
    } finally {
      clearInterval(alive);
      this.close();
    }
  }

  #acknowledge(): void {
    const reply = this.#owed.shift();
    if (reply === undefined) return;
    this.nc.publish(reply);
    this.#acknowledged = Date.now();
  }

  async #next(): Promise<Msg> {
    const deadline = Date.now() + IDLE_MS;
    for (;;) {
      if (this.#error) throw this.#error;
      const message = this.#queue.shift();
      if (message) return message;
      if (this.nc.isClosed() || Date.now() >= deadline) throw new SnapshotBroken("nats-server stopped sending");
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

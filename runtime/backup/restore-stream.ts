import { createInbox, type NatsConnection } from "@nats-io/transport-node";
import { until } from "../client/retry";
import { answerOf, type Json, type StreamState } from "./api";
import { BACKUP_INBOX } from "./contract";

/** A restore that nats-server ended, or stopped answering. */
export class RestoreFailed extends Error {
  override readonly name = "RestoreFailed";
}

const CHUNK_BYTES = 128 * 1024;
/** Chunks on their way at a time. */
const WINDOW = 32;
/** Milliseconds without an answer after which the server counts as gone. It gives up after 5 s without a chunk. */
const IDLE_MS = 30_000;
/** Reading back all messages at the end may take long. */
const END_MS = 10 * 60_000;

export interface RestoreStreamProps {
  readonly config: Json & { readonly name: string };
  readonly state: StreamState;
  readonly data: AsyncIterable<Uint8Array>;
  /** Milliseconds since the epoch until which servers that are away are waited for. */
  readonly deadline: number;
  /** Called with each refusal after which is waited. */
  waiting?(why: string): void;
}

/**
 * Creates a stream from a snapshot, with the consumers in it. The stream must not exist.
 *
 * The name is part of a snapshot: nats-server before 2.15 restores a stream under its own name only.
 *
 * @throws ApiRefusal, NotInTime, RestoreFailed
 */
export async function restoreStream(nc: NatsConnection, props: RestoreStreamProps): Promise<void> {
  const { config, data } = props;
  const request = `STREAM.RESTORE.${config.name}`;
  const sender = new Sender(nc, await begin(nc, request, props), request);
  try {
    for await (const piece of data) {
      for (let at = 0; at < piece.length; at += CHUNK_BYTES) await sender.send(piece.subarray(at, at + CHUNK_BYTES));
    }
    await sender.end();
  } finally {
    sender.close();
  }
}

/** Where the chunks are sent to. Refused is what has no room yet, such as after servers were started again: it is asked anew. */
async function begin(
  nc: NatsConnection,
  request: string,
  { config, state, deadline, waiting }: RestoreStreamProps,
): Promise<string> {
  const answered = await until(
    `a place for ${config.name}`,
    deadline,
    () => ask(nc, request, { config, state }),
    waiting,
  );
  if (answered instanceof Error) throw answered;
  return answered;
}

/** @returns an error where nobody knows whether the restore has begun: that is not asked again @throws ApiRefusal */
async function ask(nc: NatsConnection, request: string, body: object): Promise<string | Error> {
  const sent = nc.request(`$JS.API.${request}`, JSON.stringify(body), { timeout: 10_000 });
  const answer = await sent.catch((error: Error) => error);
  return answer instanceof Error ? answer : answerOf<{ deliver_subject: string }>(request, answer.data).deliver_subject;
}

/** Sends chunks, a window of them at a time. */
class Sender {
  readonly #inbox = createInbox(BACKUP_INBOX);
  readonly #subscription;
  #sent = 0;
  #answered = 0;
  #ending = false;
  #result?: Uint8Array;
  #error?: Error;
  #wake: () => void = () => {};

  constructor(
    private readonly nc: NatsConnection,
    private readonly subject: string,
    private readonly request: string,
  ) {
    this.#subscription = nc.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error) this.#error = new RestoreFailed(error.message);
        else if (message.headers?.code === 503) this.#error = new RestoreFailed("nats-server no longer listens");
        // An empty answer is for a chunk; the end and every failure have a body.
        else if (message.data.length === 0) this.#answered++;
        else if (this.#ending && this.#answered === this.#sent) this.#result = message.data;
        else this.#fail(message.data);
        this.#wake();
      },
    });
  }

  async send(chunk: Uint8Array): Promise<void> {
    if (chunk.length === 0) return;
    await this.#until(() => this.#sent - this.#answered < WINDOW, IDLE_MS);
    this.nc.publish(this.subject, chunk, { reply: this.#inbox });
    this.#sent++;
  }

  async end(): Promise<void> {
    await this.#until(() => this.#answered === this.#sent, IDLE_MS);
    this.#ending = true;
    this.nc.publish(this.subject, undefined, { reply: this.#inbox });
    await this.#until(() => this.#result !== undefined, END_MS);
    answerOf(this.request, this.#result ?? new Uint8Array());
  }

  close(): void {
    this.#subscription.unsubscribe();
  }

  #fail(answer: Uint8Array): void {
    try {
      answerOf(this.request, answer);
      this.#error = new RestoreFailed("nats-server ended it early");
    } catch (error) {
      this.#error = error as Error;
    }
  }

  async #until(done: () => boolean, idleMs: number): Promise<void> {
    let deadline = Date.now() + idleMs;
    for (let answered = this.#answered; ; ) {
      if (this.#error) throw this.#error;
      if (done()) return;
      if (this.#answered > answered) {
        answered = this.#answered;
        deadline = Date.now() + idleMs;
      }
      if (this.nc.isClosed() || Date.now() >= deadline) throw new RestoreFailed("nats-server does not answer");
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

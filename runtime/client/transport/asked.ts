import { randomFillSync } from "node:crypto";
import { type ClientError, DeniedError, NoRespondersError, TimeoutError } from "../errors";
import type { Headers, Message } from "./link";

/** What requests need of a connection. */
export interface Asking {
  newInbox(): string;
  /** The callback gets an error once when the server refuses the subscription. */
  subscribe(subject: string, heard: (error: ClientError | undefined, message: Message) => void): void;
  /** @throws ClientError */
  publish(subject: string, data: Uint8Array, options: { reply: string; headers?: Headers }): void;
}

/** A request that waits for its answer. */
interface Waiting {
  subject: string;
  timeoutMs: number;
  timer: NodeJS.Timeout;
  resolve(message: Message): void;
  reject(error: ClientError): void;
}

/**
 * Requests on their way, over one subscription. nats.js has the same, but it builds an error with its stack for each request
 * that succeeds, and says nothing to those who wait when the connection goes.
 */
export class Asked {
  readonly #waiting = new Map<string, Waiting>();
  /** With the dot after it; none before the first request, and after a refusal. */
  #inbox?: string;

  constructor(private readonly connection: Asking) {}

  /** Asks, and waits for one answer. Rejects with a {@link ClientError}. */
  ask(subject: string, data: Uint8Array, timeoutMs: number, headers?: Headers): Promise<Message> {
    return new Promise((resolve, reject) => {
      const inbox = this.#inbox ?? this.#listen();
      const token = newToken();
      const timer = setTimeout(() => this.#end(token)?.reject(new TimeoutError(subject, timeoutMs)), timeoutMs);
      this.#waiting.set(token, { subject, timeoutMs, timer, resolve, reject });
      try {
        this.connection.publish(subject, data, { reply: inbox + token, headers });
      } catch (error) {
        this.#end(token)?.reject(error as ClientError);
      }
    });
  }

  /** The connection went away: whoever waits is told now, not when the time is up. Whether they arrived, nobody knows. */
  lost(): void {
    for (const token of [...this.#waiting.keys()]) {
      const waiting = this.#end(token);
      waiting?.reject(new TimeoutError(waiting.subject, waiting.timeoutMs, true));
    }
  }

  /** The server refuses to take messages for a subject. It does not say which one: all that wait for it were refused. */
  denied(subject: string): void {
    for (const [token, waiting] of [...this.#waiting])
      if (waiting.subject === subject) this.#end(token)?.reject(new DeniedError("publish", subject));
  }

  #listen(): string {
    const inbox = `${this.connection.newInbox()}.`;
    this.#inbox = inbox;
    this.connection.subscribe(`${inbox}*`, (error, message) => {
      if (error) {
        this.#inbox = undefined;
        for (const token of [...this.#waiting.keys()]) this.#end(token)?.reject(error);
        return;
      }
      const waiting = this.#end(message.subject.slice(inbox.length));
      if (!waiting) return;
      if (message.data.length === 0 && message.headers?.code === 503)
        waiting.reject(new NoRespondersError(waiting.subject));
      else waiting.resolve(message);
    });
    return inbox;
  }

  #end(token: string): Waiting | undefined {
    const waiting = this.#waiting.get(token);
    if (!waiting) return undefined;
    this.#waiting.delete(token);
    clearTimeout(waiting.timer);
    return waiting;
  }
}

const TOKEN_BYTES = 8;
const pool = Buffer.alloc(512 * TOKEN_BYTES);
let used = pool.length;

/** A token that a responder of one request cannot guess of another: it could answer in its place. */
function newToken(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += TOKEN_BYTES;
  return pool.toString("hex", used - TOKEN_BYTES, used);
}

import { Client, type ClientOptions } from "../../runtime/client";
import { type ClientError, DeniedError } from "../../runtime/client/errors";
import type { Headers, Link, LinkEvent, LinkOptions, Message, Transport } from "../../runtime/client/transport/link";

interface Heard {
  queue?: string;
  take(error: ClientError | undefined, message: Message): void;
}

/** A client over a link in memory: what it publishes stands in `published`, and a test says what the server does. */
export class MemoryTransport implements Transport {
  readonly name = "memory";
  readonly subscriptions = new Map<string, Heard>();
  readonly published: { subject: string; text: string; reply?: string; headers?: Headers }[] = [];
  /** What was done to the link, in order. */
  readonly done: string[] = [];
  readonly logged: string[] = [];
  /** Subjects that the server refuses. */
  refused: string[] = [];
  /** A server that never says that it has seen what was sent. */
  isMute = false;
  tell: (event: LinkEvent) => void = () => undefined;
  #inboxes = 0;

  client(options: ClientOptions = {}): Client {
    const log = (fields: object, text: string) => void this.logged.push(`${text} ${JSON.stringify(fields)}`);
    const logger = { debug: log, info: log, warn: log, error: log };
    return new Client({ servers: "tls://memory", name: "shop", logger, tracing: false, transport: this, ...options });
  }

  async connect({ onEvent }: LinkOptions): Promise<Link> {
    this.tell = onEvent;
    let close: () => void = () => undefined;
    const closed = new Promise<undefined>((resolve) => {
      close = () => resolve(undefined);
    });
    const link: Partial<Link> = {
      ...{ raw: undefined, maxPayload: 1024, server: "memory", closed },
      publish: (subject, data, more) => {
        this.done.push(`publish ${subject}`);
        this.published.push({ subject, text: Buffer.from(data).toString(), ...more });
      },
      subscribe: (subject, { queue }, take) => {
        this.subscriptions.set(subject, { queue, take });
        if (this.refused.includes(subject)) this.#refuse(subject);
        const end = () => void this.subscriptions.delete(subject);
        const drain = async () => {
          this.done.push(`drain ${subject}`);
          end();
        };
        return { unsubscribe: end, drain };
      },
      flush: async () => {
        this.done.push("flush");
        if (this.isMute) await new Promise(() => undefined);
      },
      newInbox: () => `_INBOX.${++this.#inboxes}`,
      close: async () => {
        this.done.push("close");
        close();
      },
    };
    return link as Link;
  }

  /** A message from the server. */
  deliver(subscription: string, message: Partial<Message> & { code?: number; description?: string } = {}): void {
    const { code, description = "", ...given } = message;
    const headers = code === undefined ? undefined : { code, description, get: () => "" };
    const whole = { subject: subscription, data: new Uint8Array(0), string: () => "", headers, ...given };
    this.subscriptions.get(subscription)?.take(undefined, whole as Message);
  }

  #refuse(subject: string): void {
    queueMicrotask(() => this.subscriptions.get(subject)?.take(new DeniedError("subscribe", subject), {} as Message));
  }
}

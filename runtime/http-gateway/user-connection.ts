import { setImmediate as turn } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import {
  errors,
  type MsgHdrs,
  headers as makeHeaders,
  type NatsConnection,
  type Status,
} from "@nats-io/transport-node";
import { type Failure, failureOf } from "../client/nats-errors";
import { isTemporary } from "../client/stream-publish";
import { covers, overlaps } from "../subjects/spec";
import { type Cluster, dial, userInfo } from "./dial";
import type { HeaderList } from "./headers";
import type { Pooled } from "./pool";
import { Problem, type ProblemCode } from "./problems";
import type { Caller } from "./token";

/** What a responder answered. */
export interface Answer {
  data: Uint8Array;
  headers: HeaderList;
}

export interface Stored {
  stream: string;
  sequence: number;
  /** The stream had a message of this id already: nothing was stored, and the sequence is that one's. */
  duplicate: boolean;
}

/** Time in which a server answers a ping: what does not is taken for a connection whose other side is gone. */
export const PONG_MS = 5000;

/** One token's connection. What may be done over it is what the server lets this token do, and is asked for each time. */
export class UserConnection implements Pooled {
  readonly #denials = new Map<string, number>();
  #retired = false;
  #onRetired: () => void = () => undefined;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly heardDenied: readonly string[],
  ) {
    void this.#follow();
  }

  /** @throws Problem `token-refused`, `denied` where the token lands in another account, `cluster-away` */
  static async open(caller: Caller, cluster: Cluster): Promise<UserConnection> {
    const connection = await dial(caller, cluster);
    try {
      const info = await userInfo(connection);
      // What another account calls the same has nothing to do with these routes.
      if (info.account !== cluster.account) throw new Problem("denied");
      return new UserConnection(connection, info.permissions?.subscribe?.deny ?? []);
    } catch (error) {
      await connection.close();
      throw error instanceof Problem ? error : new Problem("cluster-away", error);
    }
  }

  onRetired(retired: () => void): void {
    this.#onRetired = retired;
    if (this.#retired) retired();
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** @throws Problem */
  async request(subject: string, data: Uint8Array, headers: HeaderList, timeoutMs: number): Promise<Answer> {
    const msg = await this.#asking(() =>
      this.connection.request(subject, data, { timeout: timeoutMs, headers: toHeaders(headers) }),
    );
    return { data: msg.data, headers: fromHeaders(msg.headers) };
  }

  /** Publishes, and waits until the server has taken it or refused it. @throws Problem */
  async publish(subject: string, data: Uint8Array, headers: HeaderList): Promise<void> {
    const before = this.#denied("publish", subject);
    await this.#asking(async () => {
      this.connection.publish(subject, data, { headers: toHeaders(headers) });
      await this.#flushed();
      // The refusal comes before the flush's answer, and is told a moment later.
      await turn();
    });
    if (this.#denied("publish", subject) > before) throw new Problem("denied");
  }

  /**
   * Publishes to a stream once.
   *
   * @returns undefined when nothing is known: the same again, with the same id, does no harm
   * @throws Problem for what time does not heal
   */
  async store(
    subject: string,
    data: Uint8Array,
    headers: HeaderList,
    { messageId, stream, timeoutMs }: { messageId: string; stream: string; timeoutMs: number },
  ): Promise<Stored | undefined> {
    try {
      const expect = { streamName: stream };
      const options = { msgID: messageId, expect, timeout: timeoutMs, headers: toHeaders(headers) ?? makeHeaders() };
      const ack = await jetstream(this.connection).publish(subject, data, options);
      return { stream: ack.stream, sequence: ack.seq, duplicate: ack.duplicate };
    } catch (error) {
      if (failureOf(error) === "timeout") this.#look();
      if (this.connection.isClosed() || isTemporary(error)) return undefined;
      throw problemOf(error);
    }
  }

  /**
   * Asks the server whether this token may listen to a subject.
   *
   * @returns subjects among it that the token may not hear, and that the server would leave out
   * @throws Problem `denied`
   */
  async mayHear(subject: string): Promise<string[]> {
    const before = this.#denied("subscription", subject);
    await this.#asking(async () => {
      // Refused subscriptions are closed by their error; the others by us.
      const subscription = this.connection.subscribe(subject, { callback: () => undefined });
      await this.#flushed();
      await turn();
      if (!subscription.isClosed()) subscription.unsubscribe();
    });
    if (this.#denied("subscription", subject) > before) throw new Problem("denied");
    if (this.heardDenied.some((denied) => covers(denied, subject))) throw new Problem("denied");
    return this.heardDenied.filter((denied) => overlaps(denied, subject));
  }

  /** @throws Problem: nothing was sent where the connection has ended already */
  async #asking<Result>(ask: () => Promise<Result>): Promise<Result> {
    if (this.connection.isClosed()) throw new Problem("cluster-away");
    try {
      return await ask();
    } catch (error) {
      if (failureOf(error) === "timeout") this.#look();
      // What waits when a connection ends is told that its time is over.
      throw this.connection.isClosed() ? new Problem("connection-lost", error) : problemOf(error);
    }
  }

  /** Waits for the server. One that says nothing is gone, whatever TCP believes: the next request logs in anew. */
  async #flushed(): Promise<void> {
    if (await answersPing(this.connection)) return;
    void this.connection.close();
    throw new Problem("connection-lost");
  }

  /** After an answer that did not come: nobody knows yet whether the service was slow or the connection is gone. */
  #look(): void {
    void this.#flushed().catch(() => undefined);
  }

  #denied(operation: string, subject: string): number {
    return this.#denials.get(`${operation} ${subject}`) ?? 0;
  }

  async #follow(): Promise<void> {
    void this.connection.closed().then(() => this.#retire());
    for await (const status of this.connection.status()) {
      if (status.type === "ldm") this.#retire();
      this.#note(status);
    }
  }

  #note(status: Status): void {
    if (status.type !== "error" || !(status.error instanceof errors.PermissionViolationError)) return;
    const { operation, subject } = status.error;
    const key = `${operation} ${subject}`;
    this.#denials.set(key, (this.#denials.get(key) ?? 0) + 1);
    const [oldest] = this.#denials.keys();
    if (this.#denials.size > 1000 && oldest !== undefined) this.#denials.delete(oldest);
  }

  #retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#onRetired();
  }
}

/** Whether the server answers in time. A connection without its other side waits for two pings of its own otherwise, a minute or more. */
export async function answersPing(connection: Pick<NatsConnection, "flush">): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, PONG_MS, false);
  });
  try {
    return await Promise.race([connection.flush().then(() => true as const), late]);
  } finally {
    clearTimeout(timer);
  }
}

const problems: Partial<Record<Failure, ProblemCode>> = {
  disconnected: "connection-lost",
  denied: "denied",
  "no-responders": "no-responders",
  timeout: "timeout",
  "too-large": "body-too-large",
};

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const failure = failureOf(error);
  return new Problem((failure && problems[failure]) ?? "internal", error);
}

function toHeaders(list: HeaderList): MsgHdrs | undefined {
  if (list.length === 0) return undefined;
  const headers = makeHeaders();
  for (const [name, value] of list) headers.append(name, value);
  return headers;
}

const fromHeaders = (headers: MsgHdrs | undefined): HeaderList =>
  headers ? [...headers].flatMap(([name, values]) => values.map((value) => [name, value] as const)) : [];

import { setTimeout as sleep } from "node:timers/promises";
import { type HeaderList, outbound } from "./headers";
import { type KeptAnswers, messageId } from "./idempotency";
import type { Pool } from "./pool";
import { Problem, serviceProblem } from "./problems";
import type { RouteOf } from "./spec";
import { type Caller, digest } from "./token";
import type { Stored, UserConnection } from "./user-connection";

/** What each kind of route does with a request that has been read. */

export interface Read {
  caller: Caller;
  subject: string;
  body: Uint8Array;
  headers: HeaderList;
}

export interface Response {
  status: number;
  headers: HeaderList;
  body?: Uint8Array | string;
}

type Connections = Pick<Pool<UserConnection>, "use">;

export async function request(pool: Connections, route: RouteOf<"request">, read: Read): Promise<Response> {
  const { caller, subject, body, headers } = read;
  const answer = await pool.use(caller, (connection) => connection.request(subject, body, headers, route.timeoutMs));
  const code = answer.headers.find(([name]) => name.toLowerCase() === "nats-service-error-code")?.[1];
  const isFailure = code !== undefined || answer.headers.some(([name]) => name.toLowerCase() === "nats-service-error");
  if (isFailure) throw new Problem(serviceProblem(code ?? ""), code);
  const passed = outbound(route.responseHeaders, answer.headers);
  if (answer.data.length === 0) return { status: 204, headers: passed };
  return { status: 200, headers: [["content-type", route.answers], ...passed], body: answer.data };
}

export async function publish(pool: Connections, read: Read): Promise<Response> {
  const { caller, subject, body, headers } = read;
  await pool.use(caller, (connection) => connection.publish(subject, body, headers));
  return { status: 202, headers: [] };
}

/** What the gateway itself reads of a stream. */
export type ReadStored = (
  stream: string,
  sequence: number,
) => Promise<{ subject: string; data: Uint8Array } | undefined>;

export interface Storing {
  pool: Connections;
  kept: KeptAnswers<Response>;
  secret: string;
  readStored: ReadStored;
  randomId(): string;
}

/** @param key the request's `Idempotency-Key` */
export async function store(
  storing: Storing,
  route: RouteOf<"stream">,
  read: Read,
  key: string | undefined,
): Promise<Response> {
  const { kept, secret, randomId } = storing;
  if (key === undefined) return stored(await storeOnce(storing, route, read, `http-${randomId()}`), false);
  const id = messageId(secret, read.caller, route.name, key);
  // What the same key stores again has to be the same, in all that the message says.
  const content = digest(JSON.stringify([read.subject, read.headers, digest(read.body)]));
  const before = kept.begin(id, content, route.windowMs);
  if (before) return { ...before, headers: [...before.headers, ["idempotency-replayed", "true"]] };
  try {
    const ack = await storeOnce(storing, route, read, id);
    if (ack.duplicate) await assertSame(storing, ack, read);
    kept.finish(id, stored(ack, false));
    return stored(ack, ack.duplicate);
  } catch (error) {
    kept.forget(id);
    throw error;
  }
}

const stored = ({ stream, sequence }: Stored, isReplay: boolean): Response => ({
  status: 201,
  headers: [["content-type", "application/json"], ...(isReplay ? [["idempotency-replayed", "true"] as const] : [])],
  body: JSON.stringify({ stream, sequence }),
});

/**
 * Publishes until the stream says that it has the message, always with one id. A connection that is lost is made again.
 *
 * @throws Problem `not-stored` when time is up
 */
async function storeOnce(
  { pool }: Storing,
  route: RouteOf<"stream">,
  { caller, subject, body, headers }: Read,
  id: string,
): Promise<Stored> {
  const deadline = performance.now() + route.timeoutMs;
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    const left = deadline - performance.now();
    if (left <= 0) throw new Problem("not-stored");
    const one = { messageId: id, stream: route.stream, timeoutMs: Math.min(left, ATTEMPT_MS) };
    const ack = await pool
      .use(caller, (connection) => connection.store(subject, body, headers, one))
      .catch(whileAway(left));
    if (ack) return ack;
    await sleep(Math.min(pause * (0.5 + Math.random() / 2), Math.max(0, deadline - performance.now())));
  }
}

const ATTEMPT_MS = 3000;

/** Servers that are away may be back in time. */
const whileAway = (left: number) => (error: unknown) => {
  if (error instanceof Problem && error.code === "cluster-away" && left > 0) return undefined;
  throw error;
};

/**
 * Another process of the gateway stored a message of this id before. What it was is read: where it is gone, the first
 * request is believed to have been this one.
 *
 * @throws Problem `key-reused`; `not-stored` while it cannot be read: the same request again finds it
 */
async function assertSame({ readStored }: Storing, ack: Stored, { subject, body }: Read): Promise<void> {
  const first = await readStored(ack.stream, ack.sequence).catch((error: unknown) => {
    throw new Problem("not-stored", error);
  });
  if (first && (first.subject !== subject || !Buffer.from(first.data).equals(body))) throw new Problem("key-reused");
}

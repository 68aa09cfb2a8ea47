import { randomUUID } from "node:crypto";
import type { Connection } from "../connection";
import { ClientError, StreamError } from "../errors";
import { checkSubject } from "../names";
import { describe, type Logger } from "../observe/log";
import type { Observers } from "../observe/observers";
import { encodeJson, encodePayload, type StandardSchema, validated } from "../payload";
import { checkHeaders } from "../publish";
import { ownMessageId } from "../stream-publish";
import type { Headers, Link, Message } from "../transport/link";

/** Options of one publish to a stream. */
export interface StoreOptions {
  /**
   * Names what happened, such as an order's number: within the stream's duplicate window it is stored once. The identity of
   * this client stands before it, so that two senders that count alike lose nothing. @default chance
   */
  key?: string;
  headers?: Headers;
  schema?: StandardSchema<unknown, unknown>;
  /** Of one attempt. @default the client's */
  timeoutMs?: number;
  /** Time after which no attempt follows; below the stream's duplicate window of 2 minutes. @default 60000 */
  retryForMs?: number;
}

/** What the stream acknowledged. */
export interface Stored {
  stream: string;
  sequence: number;
  /** It had been stored before. */
  duplicate: boolean;
}

/** What publishing to streams needs of a client. */
export interface StoreParts {
  connection: Connection;
  observers: Observers;
  logger: Logger;
  timeoutMs: number;
  /** Stands before keys where the login has no identity. */
  name?: string;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** JetStream has no leader right now, or an earlier attempt of ours is being stored. */
const PASSING = [10008, 10158];
const UNSENT: readonly string[] = ["not-connected", "no-responders", "timeout"];

interface PubAck {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: { code: number; err_code?: number; description?: string };
}

/**
 * Publishes until a stream acknowledges, always with the same id, which makes a second copy impossible.
 *
 * @throws StreamError when JetStream refuses it, or holds another message under the key; what the last attempt failed
 * with after `retryForMs`
 */
export async function publishStored(
  parts: StoreParts,
  subject: string,
  payload: unknown,
  options: StoreOptions,
): Promise<Stored> {
  const { schema, headers, key = randomUUID() } = options;
  checkSubject(subject);
  checkHeaders(headers);
  if (schema) await validated(schema, payload, subject, "message");
  const data = schema ? encodeJson(payload) : encodePayload(payload);
  const operation = { kind: "publish", subject, pattern: subject, bytes: data.length } as const;
  return parts.observers.around(operation, async (added) => {
    const { ack, link } = await acknowledged(parts, subject, data, { ...added, ...headers }, key, options);
    const stored = { stream: ack.stream ?? "", sequence: ack.seq ?? 0, duplicate: ack.duplicate ?? false };
    if (stored.duplicate) await assertSame(parts, link, subject, data, key, stored);
    return stored;
  });
}

async function acknowledged(
  { connection, timeoutMs, name }: StoreParts,
  subject: string,
  data: Uint8Array,
  headers: Headers,
  key: string,
  options: StoreOptions,
): Promise<{ ack: PubAck; link: Link }> {
  const deadline = Date.now() + (options.retryForMs ?? 60_000);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      const link = await connection.link();
      const id = ownMessageId(connection.inboxPrefix ?? name, key);
      const all = { ...headers, "Nats-Msg-Id": id };
      checkHeaders(all);
      const ack = (
        await link.request(subject, data, { headers: all, timeoutMs: options.timeoutMs ?? timeoutMs })
      ).json<PubAck>();
      if (!ack.error) return { ack, link };
      const { err_code, description = "refused" } = ack.error;
      throw new StreamError(subject, description, err_code);
    } catch (error) {
      const passing =
        error instanceof StreamError
          ? PASSING.includes(error.number ?? 0)
          : error instanceof ClientError && UNSENT.includes(error.code);
      const wait = pause * (0.5 + Math.random() / 2);
      if (!passing || connection.state.closed || Date.now() + wait >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** A duplicate was not stored: what is there under its id has to be the same. */
async function assertSame(
  { logger, timeoutMs }: StoreParts,
  link: Link,
  subject: string,
  data: Uint8Array,
  key: string,
  { stream, sequence }: Stored,
): Promise<void> {
  let found: { subject: string; data: Uint8Array };
  try {
    found = await storedMessage(link, stream, sequence, timeoutMs);
  } catch (error) {
    logger.warn({ subject, error: describe(error) }, "NATS duplicate that could not be compared");
    return;
  }
  if (found.subject !== subject || Buffer.compare(found.data, data) !== 0)
    throw new StreamError(
      subject,
      `${stream} holds another message under the key ${JSON.stringify(key)}, as number ${sequence}; this one was not stored`,
    );
}

async function storedMessage(
  link: Link,
  stream: string,
  sequence: number,
  timeoutMs: number,
): Promise<{ subject: string; data: Uint8Array }> {
  const ask = (verb: string): Promise<Message> =>
    link.request(`$JS.API.${verb}.${stream}`, encodeJson({ seq: sequence }), { timeoutMs });
  try {
    const direct = await ask("DIRECT.GET");
    const subject = direct.headers?.get("Nats-Subject");
    if (subject) return { subject, data: direct.data };
  } catch (error) {
    // Streams without direct reads have nobody there.
    if (!(error instanceof ClientError) || !["no-responders", "denied"].includes(error.code)) throw error;
  }
  const { message, error } = (await ask("STREAM.MSG.GET")).json<{
    message?: { subject: string; data?: string };
    error?: { description?: string };
  }>();
  if (!message) throw new Error(error?.description ?? "no message");
  return { subject: message.subject, data: Buffer.from(message.data ?? "", "base64") };
}

import { createHash, type Hash } from "node:crypto";
import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { until } from "../client/retry";
import { ApiRefusal, apiRequest } from "./api";

const sequence = z.int().min(0);

/**
 * Content of a stream as one number: SHA-256 over sequence, time, subject, headers and data of each message of a range.
 *
 * `gaps` are sequences of the range that were missing when it was read, as `[first, last]`. A snapshot is older than
 * that, so it may hold some of them; they are left out of the digest wherever it is taken.
 */
export const ContentDigest = z.strictObject({
  first: sequence,
  last: sequence,
  messages: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  gaps: z.array(z.tuple([sequence, sequence])),
});
export type ContentDigest = z.output<typeof ContentDigest>;

export interface Range {
  readonly first: number;
  readonly last: number;
  /** Sequences that are left out, in order. */
  readonly without?: readonly (readonly [number, number])[];
}

/** Requests under way at a time; nats-server drops what exceeds 10,000. */
const WINDOW = 256;
/**
 * Bytes that their answers may hold, as far as this is known in advance: answers wait in memory, here and in the
 * server.
 */
const WINDOW_BYTES = 16 * 2 ** 20;

/**
 * Number of requests in the next round: more, but within {@link WINDOW_BYTES} when messages are as large as in the last
 * one.
 *
 * @param requested requests of the last round, whose answers held so many bytes
 */
export const nextWindow = (window: number, requested: number, bytes: number): number =>
  Math.max(1, Math.min(WINDOW, 2 * window, Math.floor((requested * WINDOW_BYTES) / Math.max(1, bytes))));

const NO_MESSAGE_FOUND = 10037;

/**
 * Reads a range of a stream from its leader, message by message, and digests it.
 *
 * By sequence, not by a consumer: a consumer would hold messages of an interest stream, is refused by a work queue, and
 * may read from a replica that has not caught up.
 *
 * @param patienceMs time that each message may take while a leader is missing
 */
export async function digestContent(
  nc: NatsConnection,
  stream: string,
  { first, last, without = [] }: Range,
  patienceMs: number,
): Promise<ContentDigest> {
  const hash = createHash("sha256");
  const gaps: [number, number][] = [];
  let messages = 0;
  const absent = (from: number, to: number) => {
    const gap = gaps.at(-1);
    if (gap && gap[1] + 1 === from) gap[1] = to;
    else if (from <= to) gaps.push([from, to]);
  };
  const read = (body: object) => until(`reading ${stream}`, Date.now() + patienceMs, () => messageOf(nc, stream, body));

  // Before the first message arrives, all may have the largest size.
  let window = nextWindow(WINDOW, 1, nc.info?.max_payload ?? 2 ** 20);
  for (let at = Math.max(1, first); at <= last; ) {
    const skipped = without.find(([from, to]) => from <= at && at <= to);
    if (skipped) {
      absent(at, Math.min(last, skipped[1]));
      at = skipped[1] + 1;
      continue;
    }
    const end = Math.min(last, at + window - 1, ...without.filter(([from]) => from > at).map(([from]) => from - 1));
    const found = await Promise.all(Array.from({ length: end - at + 1 }, (_, i) => read({ seq: at + i })));
    for (const [i, message] of found.entries()) {
      if (message) {
        add(hash, message);
        messages++;
      } else absent(at + i, at + i);
    }
    window = nextWindow(
      window,
      found.length,
      found.reduce((sum, message) => sum + sizeOf(message), 0),
    );
    at = end + 1;
    if (at > last || found.some(Boolean)) continue;
    // After many deletions, the next message may be far away.
    const next = await read({ seq: at, next_by_subj: ">" });
    const reached = Math.min(last + 1, next?.seq ?? last + 1);
    if (reached > at) absent(at, reached - 1);
    at = Math.max(at, reached);
  }
  return { first, last, messages, sha256: hash.digest("hex"), gaps };
}

interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  readonly time: string;
  /** Base64. */
  readonly hdrs?: string;
  readonly data?: string;
}

const sizeOf = (message?: StoredMessage) => (message?.data?.length ?? 0) + (message?.hdrs?.length ?? 0);

async function messageOf(nc: NatsConnection, stream: string, body: object): Promise<StoredMessage | undefined> {
  try {
    return (await apiRequest<{ message: StoredMessage }>(nc, `STREAM.MSG.GET.${stream}`, body)).message;
  } catch (error) {
    if (error instanceof ApiRefusal && error.api_error.err_code === NO_MESSAGE_FOUND) return undefined;
    throw error;
  }
}

/** Fields with their lengths, so that no two messages give the same bytes. */
function add(hash: Hash, { seq, time, subject, hdrs = "", data = "" }: StoredMessage): void {
  const fields = [String(seq), time, subject, hdrs, data].map((field) => Buffer.from(field, "utf8"));
  for (const field of fields) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    hash.update(length).update(field);
  }
}

import { z } from "zod";
import type { ByteReader } from "./byte-reader";
import { type SnapshotConsumer, type SnapshotFiles, SnapshotIncomplete } from "./snapshot-content";

/** What a snapshot of nats-server 2.15 and later begins with. */
export const ARCHIVE_MAGIC = "NATSARC1";

/** Five numbers of at most 10 bytes each. */
const HEADER_BYTES = 50;
/** The server's own limits for names; a consumer's state is smaller than this by far. */
const MAX_NAME_BYTES = 2 ** 20;
const MAX_JSON_BYTES = 256 * 2 ** 20;

const state = z.looseObject({ consumer_count: z.int().min(0) });
const sequences = z.looseObject({ consumer_seq: z.int().min(0), stream_seq: z.int().min(0) });
const consumerState = z.looseObject({ state: z.looseObject({ delivered: sequences }) });

interface Entry {
  /** Subject of a message. */
  readonly name: string;
  /** 0 for what is no message. */
  readonly sequence: number;
  readonly size: number;
  /** Every field is empty: the end of the archive. */
  readonly isEnd: boolean;
}

/**
 * Reads the table of contents of a snapshot of nats-server 2.15 and later: the stream's state, its consumers, and its
 * messages one by one. It has all consumers, wherever they live, and memory streams as well.
 *
 * Source: server/stream_backup.go and server/archive of 2.15.2.
 *
 * @throws SnapshotIncomplete
 */
export async function readArchive(reader: ByteReader): Promise<SnapshotFiles> {
  await reader.skip(ARCHIVE_MAGIC.length);
  const consumers: SnapshotConsumer[] = [];
  let bytes = 0;
  let messages = 0;
  let last = 0;
  let expected: number | undefined;
  for (;;) {
    const entry = await nextEntry(reader);
    if (entry.isEnd) break;
    bytes += entry.size;
    if (entry.sequence > 0) {
      if (entry.sequence <= last) throw new SnapshotIncomplete(`message ${entry.sequence} comes after ${last}`);
      last = entry.sequence;
      messages++;
      await reader.skip(entry.size);
    } else if (entry.name === "state.json" && expected === undefined)
      expected = (await json(reader, entry, state)).consumer_count;
    else if (entry.name.startsWith("consumers/")) {
      const { delivered } = (await json(reader, entry, consumerState)).state;
      consumers.push({ name: entry.name.slice("consumers/".length), delivered });
    } else throw new SnapshotIncomplete(`it holds ${entry.name || "something without a name"}, which is not known`);
  }
  await reader.drain();
  if (expected === undefined) throw new SnapshotIncomplete("it does not describe its stream");
  if (consumers.length !== expected)
    throw new SnapshotIncomplete(`it holds ${consumers.length} of ${expected} consumers`);
  return { consumers: consumers.sort((a, b) => (a.name < b.name ? -1 : 1)), messages, bytes };
}

async function nextEntry(reader: ByteReader): Promise<Entry> {
  const header = await reader.peek(HEADER_BYTES);
  let at = 0;
  const number = () => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = header[at++];
      if (byte === undefined || factor > 2 ** 63) throw new SnapshotIncomplete("it ends within a file");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  const length = number();
  const time = number();
  const sequence = number();
  const size = number() + number();
  if (length > MAX_NAME_BYTES || !Number.isSafeInteger(size)) throw new SnapshotIncomplete("it is damaged");
  await reader.skip(at);
  const name = (await reader.take(length)).toString("utf8");
  return { name, sequence, size, isEnd: length === 0 && time === 0 && sequence === 0 && size === 0 };
}

async function json<T>(reader: ByteReader, { name, size }: Entry, schema: z.ZodType<T>): Promise<T> {
  if (size > MAX_JSON_BYTES) throw new SnapshotIncomplete(`${name} is damaged`);
  const text = (await reader.take(size)).toString("utf8");
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new SnapshotIncomplete(`${name} is damaged`);
  }
}

import { S2Error, unpackS2 } from "./s2";

/** Actual content of a snapshot. */
export interface SnapshotFiles {
  /** Names of the consumers whose state is in it. */
  readonly consumers: readonly string[];
  /** Files of messages. */
  readonly blocks: number;
  /** Bytes of everything, unpacked. */
  readonly bytes: number;
}

/** A snapshot that would be restored as less than the stream was, or not at all. */
export class SnapshotIncomplete extends Error {
  override readonly name = "SnapshotIncomplete";
}

/**
 * Reads the table of contents of a snapshot: a tar file, packed with S2.
 *
 * nats-server can end a snapshot that it could not finish as if it were complete, with a file `errors.txt` in it that
 * its own restore ignores. Here it is an error.
 *
 * @throws SnapshotIncomplete
 */
export async function readSnapshotFiles(chunks: AsyncIterable<Uint8Array>): Promise<SnapshotFiles> {
  const consumers: string[] = [];
  let blocks = 0;
  let bytes = 0;
  let described = false;
  try {
    for await (const { name, size, start } of listTar(unpackS2(chunks))) {
      bytes += size;
      if (name === "errors.txt") throw new SnapshotIncomplete(`nats-server could not read it all: ${start}`);
      if (name === "meta.inf") described = true;
      if (/^msgs\/\d+\.blk$/.test(name)) blocks++;
      const consumer = /^obs\/([^/]+)\/meta\.inf$/.exec(name)?.[1];
      if (consumer !== undefined) consumers.push(consumer);
    }
  } catch (error) {
    throw error instanceof S2Error ? new SnapshotIncomplete(error.message) : error;
  }
  if (!described) throw new SnapshotIncomplete("it does not describe its stream");
  return { consumers: consumers.sort(), blocks, bytes };
}

interface TarFile {
  readonly name: string;
  readonly size: number;
  /** Beginning of its content, as text. */
  readonly start: string;
}

const BLOCK = 512;
const SHOWN_BYTES = 512;

/** The files of a tar stream without their contents; it must end as a tar file ends. */
async function* listTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarFile> {
  const reader = new Reader(source);
  let longName: string | undefined;
  for (;;) {
    const header = await reader.take(BLOCK);
    if (header.every((byte) => byte === 0)) return reader.drain();
    const text = (from: number, length: number) =>
      header.toString("utf8", from, from + length).replace(/\0[\s\S]*$/, "");
    const size = tarNumber(header.subarray(124, 136));
    const type = String.fromCharCode(header[156] ?? 0);
    const kept = await reader.take(type === "x" ? size : Math.min(size, SHOWN_BYTES));
    await reader.skip(Math.ceil(size / BLOCK) * BLOCK - kept.length);
    if (type === "x") {
      longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(kept.toString("utf8"))?.[1];
      continue;
    }
    const prefix = text(345, 155);
    const name = longName ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100));
    longName = undefined;
    yield { name, size, start: kept.toString("utf8") };
  }
}

/** Octal digits, or for sizes of 8 GiB and more a binary number. */
function tarNumber(field: Buffer): number {
  if ((field[0] ?? 0) >= 0x80) return Number(field.readBigUInt64BE(field.length - 8));
  return Number.parseInt(field.toString("latin1").replace(/[\0 ]+/g, "") || "0", 8);
}

/** Reads and skips bytes across the pieces they come in. */
class Reader {
  #piece: Buffer = Buffer.alloc(0);
  readonly #pieces: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.#each(count, (part) => parts.push(part));
    return Buffer.concat(parts);
  }

  skip = (count: number): Promise<void> => this.#each(count, () => {});

  /** Reads to the end, and drops everything. */
  async drain(): Promise<void> {
    while (!(await this.#pieces.next()).done);
  }

  async #each(count: number, use: (part: Buffer) => void): Promise<void> {
    for (let missing = count; missing > 0; ) {
      if (this.#piece.length === 0) {
        const next = await this.#pieces.next();
        if (next.done) throw new SnapshotIncomplete("it ends within a file");
        this.#piece = next.value;
        continue;
      }
      const part = this.#piece.subarray(0, missing);
      this.#piece = this.#piece.subarray(part.length);
      missing -= part.length;
      use(part);
    }
  }
}

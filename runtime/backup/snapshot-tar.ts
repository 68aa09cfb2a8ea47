import type { ByteReader } from "./byte-reader";
import { type SnapshotFiles, SnapshotIncomplete } from "./snapshot-content";

/**
 * Reads the table of contents of a snapshot of nats-server 2.14 and older: a tar file with the stream's own files.
 *
 * nats-server can end a snapshot that it could not finish as if it were complete, with a file `errors.txt` in it that
 * its own restore ignores. Here it is an error.
 *
 * @throws SnapshotIncomplete
 */
export async function readTar(reader: ByteReader): Promise<SnapshotFiles> {
  const consumers: string[] = [];
  let blocks = 0;
  let bytes = 0;
  let described = false;
  for await (const { name, size, start } of listTar(reader)) {
    bytes += size;
    if (name === "errors.txt") throw new SnapshotIncomplete(`nats-server could not read it all: ${start}`);
    if (name === "meta.inf") described = true;
    if (/^msgs\/\d+\.blk$/.test(name)) blocks++;
    const consumer = /^obs\/([^/]+)\/meta\.inf$/.exec(name)?.[1];
    if (consumer !== undefined) consumers.push(consumer);
  }
  if (!described) throw new SnapshotIncomplete("it does not describe its stream");
  return { consumers: consumers.sort().map((name) => ({ name })), blocks, bytes };
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
async function* listTar(reader: ByteReader): AsyncGenerator<TarFile> {
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

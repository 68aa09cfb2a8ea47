import { ByteReader } from "./byte-reader";
import { S2Error, unpackS2 } from "./s2";
import { ARCHIVE_MAGIC, readArchive } from "./snapshot-archive";
import { type SnapshotFiles, SnapshotIncomplete } from "./snapshot-content";
import { readTar } from "./snapshot-tar";

/**
 * Reads what a snapshot holds. It is packed with S2; inside is a tar file, or since nats-server 2.15 an archive of the
 * server's own.
 *
 * @throws SnapshotIncomplete
 */
export async function readSnapshotFiles(chunks: AsyncIterable<Uint8Array>): Promise<SnapshotFiles> {
  const reader = new ByteReader(unpackS2(chunks));
  try {
    const start = await reader.peek(ARCHIVE_MAGIC.length);
    const isArchive = start.toString("latin1", 0, ARCHIVE_MAGIC.length) === ARCHIVE_MAGIC;
    return await (isArchive ? readArchive(reader) : readTar(reader));
  } catch (error) {
    throw error instanceof S2Error ? new SnapshotIncomplete(error.message) : error;
  }
}

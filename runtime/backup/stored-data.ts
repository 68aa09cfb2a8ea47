import { createHash } from "node:crypto";
import { decrypt, encrypt } from "./cipher";
import type { BackupKey } from "./keys";
import type { StreamBackup } from "./manifest";
import type { Target } from "./target";

/** Data of a target that differs from its manifest. */
export class DataError extends Error {
  override readonly name = "DataError";
}

export interface Place {
  readonly target: Target;
  /** Folder of the backup. */
  readonly folder: string;
}

/** Context that the encryption binds the data of a stream to: data of another stream or backup cannot replace it. */
const contextOf = (folder: string, path: string) => `${folder}/${path}`;

/** Stores a stream's snapshot; returns its description for the manifest. */
export async function storeData(
  { target, folder }: Place,
  stream: string,
  chunks: AsyncIterable<Uint8Array>,
  key?: BackupKey,
): Promise<StreamBackup["data"]> {
  const path = `${encodeURIComponent(stream)}/data`;
  const hash = createHash("sha256");
  let bytes = 0;
  async function* counted() {
    for await (const chunk of key ? encrypt(chunks, key, contextOf(folder, path)) : chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  await target.write(`${folder}/${path}`, counted());
  return { path, bytes, sha256: hash.digest("hex") };
}

/** Reads all data of a stream's backup and compares it with the manifest. Throws DataError, NoSuchObject. */
export async function checkData({ target, folder }: Place, { data }: StreamBackup): Promise<void> {
  const path = `${folder}/${data.path}`;
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of target.read(path)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  if (bytes !== data.bytes) throw new DataError(`${path} has ${bytes} bytes; the manifest says ${data.bytes}`);
  if (hash.digest("hex") !== data.sha256) throw new DataError(`${path} was changed after it was written`);
}

/** The snapshot of a stream as nats-server gave it. Throws CipherError where it was tampered with. */
export function readData(
  { target, folder }: Place,
  { data }: StreamBackup,
  keys: readonly BackupKey[],
  encrypted: boolean,
): AsyncIterable<Uint8Array> {
  const stored = target.read(`${folder}/${data.path}`);
  return encrypted ? decrypt(stored, keys, contextOf(folder, data.path)) : stored;
}

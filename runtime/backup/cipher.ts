import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { BackupKey } from "./keys";

/**
 * Encrypted data: a header, then frames that are each authenticated, so that nothing unproven is ever handed on.
 *
 *     "NFBACKUP" version:1  key id:8  salt:16      the header, authenticated by every frame
 *     length:4  AES-256-GCM of up to 64 KiB  tag:16     again and again
 *
 * Each file has a key of its own, from the salt and its context. So the counter that is the nonce never repeats for a
 * key. The counter makes frames that were moved, repeated or left out unreadable, and a bit of the nonce marks the last
 * one.
 */
export class CipherError extends Error {
  override readonly name = "CipherError";
}

const MAGIC = Buffer.from("NFBACKUP\x01", "latin1");
const KEY_ID_BYTES = 8;
const SALT_BYTES = 16;
const HEADER_BYTES = MAGIC.length + KEY_ID_BYTES + SALT_BYTES;
const TAG_BYTES = 16;
export const FRAME_BYTES = 64 * 1024;

/** @param context identity of the data, for example its path: data that was moved to another path is not readable */
export async function* encrypt(
  source: AsyncIterable<Uint8Array>,
  key: BackupKey,
  context: string,
): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const header = Buffer.concat([MAGIC, Buffer.from(key.id, "hex"), salt]);
  const own = fileKey(key, salt, context);
  yield header;
  let counter = 0;
  const frame = (plain: Buffer, last: boolean) => {
    const cipher = createCipheriv("aes-256-gcm", own, nonce(counter++, last)).setAAD(header);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([length, sealed]);
  };
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    waiting = Buffer.concat([waiting, chunk]);
    // One frame stays behind: only the end tells whether it is the last.
    while (waiting.length > FRAME_BYTES) {
      yield frame(waiting.subarray(0, FRAME_BYTES), false);
      waiting = waiting.subarray(FRAME_BYTES);
    }
  }
  yield frame(waiting, true);
}

/**
 * @throws CipherError for anything but the bytes that {@link encrypt} wrote with one of the keys, in their order and to
 * their end; what was yielded before is authentic
 */
export async function* decrypt(
  source: AsyncIterable<Uint8Array>,
  keys: readonly BackupKey[],
  context: string,
): AsyncGenerator<Buffer> {
  let waiting: Buffer = Buffer.alloc(0);
  let header: Buffer | undefined;
  let own: Buffer | undefined;
  let counter = 0;
  let finished = false;
  for await (const chunk of source) {
    waiting = Buffer.concat([waiting, chunk]);
    if (!header || !own) {
      if (waiting.length < HEADER_BYTES) continue;
      header = Buffer.from(waiting.subarray(0, HEADER_BYTES));
      waiting = waiting.subarray(HEADER_BYTES);
      own = openHeader(header, keys, context);
    }
    while (waiting.length >= 4) {
      const length = waiting.readUInt32BE(0);
      if (length < TAG_BYTES || length > FRAME_BYTES + TAG_BYTES)
        throw new CipherError("a frame has an impossible length");
      if (waiting.length < 4 + length) break;
      if (finished) throw new CipherError("there is data behind the last frame");
      const sealed = waiting.subarray(4, 4 + length);
      waiting = waiting.subarray(4 + length);
      const { plain, last } = openFrame(sealed, own, counter++, header);
      finished = last;
      if (plain.length > 0) yield plain;
    }
  }
  if (!finished || waiting.length > 0) throw new CipherError("it ends before its last frame");
}

function openHeader(header: Buffer, keys: readonly BackupKey[], context: string): Buffer {
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw new CipherError("it is not encrypted by this program");
  const id = header.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES).toString("hex");
  const key = keys.find((known) => known.id === id);
  if (!key) throw new CipherError(`it needs the key ${id}`);
  return fileKey(key, header.subarray(HEADER_BYTES - SALT_BYTES), context);
}

/** Opens a frame. The last one is found by trial: nothing outside of the authenticated data marks it. */
function openFrame(sealed: Buffer, key: Buffer, counter: number, header: Buffer): { plain: Buffer; last: boolean } {
  for (const last of sealed.length < FRAME_BYTES + TAG_BYTES ? [true] : [false, true]) {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce(counter, last)).setAAD(header);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
    try {
      return { plain: Buffer.concat([plain, decipher.final()]), last };
    } catch {
      // Not with this nonce.
    }
  }
  throw new CipherError(`frame ${counter} was changed, or is not where it was`);
}

const fileKey = (key: BackupKey, salt: Buffer, context: string) =>
  Buffer.from(hkdfSync("sha256", key.secret, salt, `natsform backup data ${context}`, 32));

/** 12 bytes: the mark of the last frame, and the frame's number. */
function nonce(counter: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt8(last ? 1 : 0, 0);
  bytes.writeBigUInt64BE(BigInt(counter), 4);
  return bytes;
}

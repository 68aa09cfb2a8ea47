/** Bytes that are no S2 stream, or only the beginning of one. */
export class S2Error extends Error {
  override readonly name = "S2Error";
}

/**
 * The content of an S2 stream (github.com/klauspost/compress/s2, framing as in Snappy), block by block.
 *
 * Snapshots of nats-server are compressed with it. Its checksums are not verified: SHA-256 over the whole does more.
 */
export async function* unpackS2(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    waiting = waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([waiting, chunk]);
    for (;;) {
      if (waiting.length < 4) break;
      const type = waiting[0] ?? 0;
      const end = 4 + waiting.readUIntLE(1, 3);
      if (waiting.length < end) break;
      const body = waiting.subarray(4, end);
      waiting = waiting.subarray(end);
      // 4 bytes of checksum come before the data.
      if (type === 0x00) yield unpackBlock(body.subarray(4));
      else if (type === 0x01) yield body.subarray(4);
      else if (type < 0x80) throw new S2Error(`unknown chunk 0x${type.toString(16)}`);
    }
  }
  if (waiting.length > 0) throw new S2Error("it ends within a chunk");
}

/** Unpacks one compressed block: literals, and copies of earlier bytes, at an offset that S2 may repeat. */
export function unpackBlock(block: Buffer): Buffer {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++] ?? 0;
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
    if (shift > 28) throw new S2Error("a block has no length");
  }
  const out = Buffer.allocUnsafe(size);
  let filled = 0;
  let offset = 0;
  const number = (bytes: number) => {
    const value = at + bytes <= block.length ? block.readUIntLE(at, bytes) : 0;
    at += bytes;
    return value;
  };
  while (at < block.length) {
    const tag = block[at++] ?? 0;
    let length: number;
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      length = 1 + (short < 60 ? short : number(short - 59));
      if (at + length > block.length || filled + length > size) throw new S2Error("a literal is too long");
      block.copy(out, filled, at, at + length);
      at += length;
      filled += length;
      continue;
    }
    if ((tag & 3) === 1) {
      const again = ((tag & 0xe0) << 3) | number(1);
      length = (tag >> 2) & 7;
      if (again !== 0) {
        offset = again;
        length += 4;
      } else if (length < 5) length += 4;
      else {
        // S2's own: the offset of the copy before, with a length in 1, 2 or 3 more bytes.
        const bytes = length - 4;
        length = [0, 8, 260, 65_540][bytes] ?? 0;
        length += number(bytes);
      }
    } else if ((tag & 3) === 2) {
      length = 1 + (tag >> 2);
      offset = number(2);
    } else {
      length = 1 + (tag >> 2);
      offset = number(4);
    }
    if (offset <= 0 || offset > filled || filled + length > size) throw new S2Error("a copy leads nowhere");
    // They may overlap: bytes that were just written are copied again.
    if (offset >= length) out.copy(out, filled, filled - offset, filled - offset + length);
    else for (let i = 0; i < length; i++) out[filled + i] = out[filled - offset + i] ?? 0;
    filled += length;
  }
  if (filled !== size) throw new S2Error("a block is too short");
  return out;
}

import { SnapshotIncomplete } from "./snapshot-content";

/** Reads and skips bytes across the pieces they come in. */
export class ByteReader {
  #piece: Buffer = Buffer.alloc(0);
  readonly #pieces: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** The next bytes without taking them: at least so many, or all that there are. */
  async peek(count: number): Promise<Buffer> {
    while (this.#piece.length < count) {
      const next = await this.#pieces.next();
      if (next.done) break;
      this.#piece = this.#piece.length === 0 ? next.value : Buffer.concat([this.#piece, next.value]);
    }
    return this.#piece;
  }

  /** @throws SnapshotIncomplete when there are fewer */
  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.#each(count, (part) => parts.push(part));
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** @throws SnapshotIncomplete when there are fewer */
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

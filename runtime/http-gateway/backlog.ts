/** What may wait for readers of event streams: a burst passes, and whoever reads too slowly is closed. */

/** Bytes that may wait for a reader for as long as it takes. */
export const STEADY_BYTES = 256 * 1024;
/** Bytes of a burst: beyond them nothing more is added to what waits for one reader. */
export const BURST_BYTES = 4 * 1024 * 1024;
/** Time in which a burst has to be read. */
export const BURST_MS = 10_000;
/** Bytes of the bursts of all readers together. */
export const ALL_BURSTS_BYTES = 64 * 1024 * 1024;

/** A reader's part of what waits. */
interface Waiting {
  /** Bytes beyond the steady ones, when they were last counted. */
  excess: number;
  since: number;
}

/** Counts what waits for readers beyond the steady bytes. */
export class Backlog<Reader extends object> {
  readonly #behind = new Map<Reader, Waiting>();
  #all = 0;

  constructor(private readonly now: () => number) {}

  /** Bytes of all bursts. */
  get bytes(): number {
    return this.#all;
  }

  /**
   * Notes what waits for a reader.
   *
   * @param before what waited before the last event was added: one event may be larger than everything that may wait
   * @returns whether the reader may go on
   */
  note(reader: Reader, waiting: number, before = waiting): boolean {
    const known = this.#behind.get(reader);
    if (waiting <= STEADY_BYTES) {
      this.forget(reader);
      return true;
    }
    const now = this.now();
    const excess = waiting - STEADY_BYTES;
    this.#all += excess - (known?.excess ?? 0);
    const since = known?.since ?? now;
    this.#behind.set(reader, { excess, since });
    return before <= BURST_BYTES && now - since <= BURST_MS && (this.#all <= ALL_BURSTS_BYTES || before === 0);
  }

  /** The reader is gone, or has caught up. */
  forget(reader: Reader): void {
    this.#all -= this.#behind.get(reader)?.excess ?? 0;
    this.#behind.delete(reader);
  }

  /** Readers that are behind. */
  readers(): Reader[] {
    return [...this.#behind.keys()];
  }
}

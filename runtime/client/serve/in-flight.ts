/** Work that a drain waits for. */
export class InFlight {
  readonly #running = new Set<Promise<void>>();

  get size(): number {
    return this.#running.size;
  }

  /** @param work must not reject */
  track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  /** Resolves when nothing runs, work included that began meanwhile. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

/** Lets a number of handlers run, lets some wait, and refuses the rest: a queue without an end answers nobody in time. */
export class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param limit that run at once
   * @param room that may wait
   */
  constructor(
    private readonly limit: number,
    private readonly room: number,
  ) {}

  /** A turn, now or later; undefined when there is no room. To be given back by {@link done}. */
  next(): Promise<void> | undefined {
    if (this.#running < this.limit) {
      this.#running++;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.room) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  done(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}

import type { Held } from "./sse";

/** Events of one subject, read once for all of its readers. */

export interface FeedEvent {
  subject: string;
  data: Uint8Array;
  /** Of what a stream holds. */
  sequence?: number;
  /** The stream was made anew: nothing can be said of what was missed. */
  isReset?: boolean;
}

/** What the gateway itself may hear and read. */
export interface Source {
  listen(subject: string, heard: (event: FeedEvent) => void): Promise<() => void>;
  held(stream: string): Promise<Held>;
  /** The first message of the subject from this sequence on. */
  next(stream: string, subject: string, from: number): Promise<(FeedEvent & { sequence: number }) | undefined>;
}

export type Listener = (event: FeedEvent) => void;

/** Live events of a subject. With a stream each has its sequence, and none is left out. */
export class Feed {
  readonly listeners = new Set<Listener>();
  /** Sequence up to which listeners have everything. */
  position = 0;
  created = 0;
  /** Messages that were heard and not read yet. */
  #owed = 0;
  #owedUntil = 0;
  /** True while one reads; also until the place is known from which to read. */
  #reading = true;
  #closed = false;
  #stop: () => void = () => undefined;
  #timer?: NodeJS.Timeout;

  private constructor(
    private readonly source: Source,
    private readonly subject: string,
    private readonly stream: string | undefined,
  ) {}

  static async open(source: Source, subject: string, stream: string | undefined): Promise<Feed> {
    const feed = new Feed(source, subject, stream);
    try {
      // First listen, then look: what is stored in between is heard of.
      feed.#stop = await source.listen(subject, (event) => feed.#heard(event));
      if (stream !== undefined) {
        const { created, last } = await source.held(stream);
        feed.created = created;
        feed.position = last;
        // What comes into a stream by other ways than its subjects is not heard of.
        feed.#timer = setInterval(() => void feed.#look(stream), POLL_MS);
        feed.#timer.unref();
        feed.#reading = false;
        void feed.#read();
      }
      return feed;
    } catch (error) {
      feed.close();
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#stop();
  }

  /**
   * Gives a listener everything after a sequence, once and in order, and then what comes.
   *
   * @param ready resolves when the listener can take more
   * @param wanted false ends it
   * @returns what ends it later
   */
  async join(
    after: number,
    listener: Listener,
    ready: () => Promise<void>,
    wanted: () => boolean,
  ): Promise<() => void> {
    let position = after;
    while (this.stream !== undefined && position < this.position && wanted()) {
      const upTo = this.position;
      const event = await this.source.next(this.stream, this.subject, position + 1);
      if (event && event.sequence <= upTo) {
        position = event.sequence;
        listener(event);
        await ready();
      } else position = upTo;
    }
    const live: Listener = (event) => {
      const { sequence, isReset } = event;
      // Who comes from another gateway may be ahead of what this one has read.
      if (sequence !== undefined && sequence <= position && !isReset) return;
      if (isReset) position = sequence ?? 0;
      listener(event);
    };
    // No turn lies between the last look and this: the next event finds the listener.
    if (wanted()) this.listeners.add(live);
    return () => this.listeners.delete(live);
  }

  /** Looks for what was not heard of, and whether it is still the same stream. */
  async #look(stream: string): Promise<void> {
    const held = await this.source.held(stream).catch(() => undefined);
    if (this.#closed || this.#reading) return;
    if (held && (held.created !== this.created || held.last < this.position)) {
      this.created = held.created;
      this.position = held.last;
      this.#send({ subject: "", data: new Uint8Array(), sequence: held.last, isReset: true });
    } else await this.#read();
  }

  #heard(event: FeedEvent): void {
    if (this.stream === undefined) {
      this.#send(event);
      return;
    }
    this.#owed++;
    this.#owedUntil = performance.now() + STORED_WITHIN_MS;
    void this.#read();
  }

  /** Reads until nothing is owed. A message is heard before it is stored, and stored before it can be read. */
  async #read(): Promise<void> {
    if (this.#reading || this.stream === undefined) return;
    this.#reading = true;
    let pause = FIRST_PAUSE_MS;
    while (!this.#closed) {
      const event = await this.source.next(this.stream, this.subject, this.position + 1).catch(() => undefined);
      if (this.#closed) break;
      if (event) {
        this.position = event.sequence;
        this.#owed = Math.max(0, this.#owed - 1);
        pause = FIRST_PAUSE_MS;
        this.#send(event);
      } else {
        if (this.#owed === 0 || performance.now() > this.#owedUntil) break;
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
    this.#owed = 0;
    this.#reading = false;
  }

  #send(event: FeedEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

const POLL_MS = 5000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 500;
/** An election takes up to nine seconds. */
const STORED_WITHIN_MS = 15_000;

/** The feeds that have readers: one for each subject, whoever reads it. */
export class Feeds {
  readonly #feeds = new Map<string, { feed: Promise<Feed>; uses: number }>();

  constructor(private readonly source: Source) {}

  get count(): number {
    return this.#feeds.size;
  }

  /** The feed of a subject; `release` when it is no longer needed. */
  async take(subject: string, stream: string | undefined): Promise<{ feed: Feed; release(): void }> {
    const key = `${stream ?? ""} ${subject}`;
    const found = this.#feeds.get(key) ?? { feed: Feed.open(this.source, subject, stream), uses: 0 };
    this.#feeds.set(key, found);
    found.uses++;
    const release = () => {
      if (--found.uses > 0) return;
      if (this.#feeds.get(key) === found) this.#feeds.delete(key);
      void found.feed.then((feed) => feed.close()).catch(() => undefined);
    };
    try {
      return { feed: await found.feed, release };
    } catch (error) {
      release();
      throw error;
    }
  }
}

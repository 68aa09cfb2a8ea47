import type { ServerResponse } from "node:http";
import { covers } from "../subjects/spec";
import { Backlog, STEADY_BYTES } from "./backlog";
import type { FeedEvent, Feeds, Source } from "./feed";
import { Problem } from "./problems";
import { eventId, frame, heartbeat, type Place, resumption, retry } from "./sse";

/** Readers of event streams: each is bounded in bytes, and all that it holds goes when it goes. */

/** Time that a reader may take to make room while it is given what it missed. */
const CATCH_UP_PAUSE_MS = 30_000;

export interface ReaderProps {
  response: ServerResponse;
  headers: Readonly<Record<string, string>>;
  subject: string;
  stream?: string;
  /** Subjects that this reader's token may not hear. */
  denied: readonly string[];
  last?: Place;
  /** Milliseconds since the epoch: the end of the token. */
  expires: number;
}

interface Reader {
  response: ServerResponse;
  expires: number;
  beatAt: number;
  end(): void;
}

export class EventStreams {
  readonly #readers = new Set<Reader>();
  readonly #backlog: Backlog<Reader>;
  /** One text for all readers of an event. */
  readonly #frames = new WeakMap<FeedEvent, Buffer>();
  #isDraining = false;

  constructor(
    private readonly props: {
      source: Source;
      feeds: Feeds;
      limit: number;
      heartbeatMs: number;
      now(): number;
      random(): number;
      /** A reader was closed because it read too slowly; it comes back by its last id. */
      slow(): void;
    },
  ) {
    this.#backlog = new Backlog(props.now);
  }

  /** Bytes of bursts that wait for readers. */
  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  get count(): number {
    return this.#readers.size;
  }

  /** Sends events until the reader goes. Resolves then. @throws Problem before the head is sent */
  async serve({ response, headers, subject, stream, denied, last, expires }: ReaderProps): Promise<void> {
    const { source, feeds, limit } = this.props;
    if (this.#isDraining) throw new Problem("draining");
    if (this.#readers.size >= limit) throw new Problem("too-many-requests");
    // Who went while the right was asked for closes no more.
    if (response.destroyed) return;
    let isWanted = true;
    let leave = () => {};
    const reader: Reader = {
      response,
      expires,
      beatAt: this.#nextBeat(),
      end: () => response.end(retry(this.#spread())),
    };
    const gone = new Promise<void>((resolve) => {
      // The response's, since a request closes when its body is read. It comes once, whoever ends it.
      response.once("close", () => {
        isWanted = false;
        this.#readers.delete(reader);
        this.#backlog.forget(reader);
        resolve();
      });
    });
    this.#readers.add(reader);
    try {
      const taken = await feeds.take(subject, stream);
      const { feed } = taken;
      const listener = (event: FeedEvent) => {
        if (denied.some((pattern) => event.subject !== "" && covers(pattern, event.subject))) return;
        this.#write(reader, this.#frameOf(event, feed.created));
      };
      leave = taken.release;
      const start =
        stream !== undefined && last ? resumption(last, await source.held(stream)) : { after: feed.position };
      if (!isWanted) return;
      response.writeHead(200, {
        ...headers,
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      });
      response.socket?.setNoDelay(true).setKeepAlive(true, 30_000);
      response.write(`${heartbeat}${start.event ?? ""}`);
      const unlisten = await feed.join(
        start.after,
        listener,
        () => drained(response),
        () => isWanted,
      );
      leave = () => {
        unlisten();
        taken.release();
      };
      await gone;
    } catch (error) {
      // After the head there is no other way to say it: the reader comes back.
      if (!response.headersSent) throw error instanceof Problem ? error : new Problem("cluster-away", error);
      response.destroy();
    } finally {
      this.#readers.delete(reader);
      leave();
    }
  }

  /** Heartbeats, and the end of what lives longer than its token. To be called each second. */
  beat(): void {
    const now = this.props.now();
    for (const reader of this.#backlog.readers())
      if (!this.#backlog.note(reader, reader.response.writableLength)) this.#close(reader);
    for (const reader of this.#readers) {
      if (reader.expires <= now) reader.end();
      else if (reader.beatAt <= now && reader.response.headersSent) {
        reader.beatAt = this.#nextBeat();
        this.#write(reader, heartbeat);
      }
    }
  }

  /** Ends every stream and says when to come back: not all at once. */
  drain(): void {
    this.#isDraining = true;
    for (const { end } of this.#readers) end();
  }

  #write(reader: Reader, text: string | Buffer): void {
    const { response } = reader;
    if (response.writableEnded || response.destroyed) return;
    const before = response.writableLength;
    response.write(text);
    if (!this.#backlog.note(reader, response.writableLength, before)) this.#close(reader);
  }

  #close({ response }: Reader): void {
    this.props.slow();
    response.destroy();
  }

  #frameOf(event: FeedEvent, created: number): Buffer {
    const known = this.#frames.get(event);
    if (known) return known;
    const id = event.sequence === undefined ? undefined : eventId({ created, sequence: event.sequence });
    const text = event.isReset
      ? frame({ event: "reset", id, data: "{}" })
      : frame({ id, data: Buffer.from(event.data).toString("utf8") });
    const made = Buffer.from(text);
    this.#frames.set(event, made);
    return made;
  }

  #nextBeat = (): number => this.props.now() + this.props.heartbeatMs * (0.75 + this.props.random() / 4);
  #spread = (): number => 500 + this.props.random() * 4500;
}

/** Resolves when less than half of the bound waits, or the response has ended. */
async function drained(response: ServerResponse): Promise<void> {
  if (response.writableLength < STEADY_BYTES / 2 || response.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => response.destroy(), CATCH_UP_PAUSE_MS);
    const done = () => {
      clearTimeout(timer);
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.once("drain", done).once("close", done);
  });
}

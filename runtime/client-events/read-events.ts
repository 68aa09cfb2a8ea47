import { EventParser, type StreamEvent } from "./parse-events";

/** Readers of event streams by `fetch`, which sends what `EventSource` cannot: a token. For pages, and for Node. */

export interface EventsOptions {
  /**
   * A token that is valid now. It is asked for before each attempt, since a stream ends with its token.
   *
   * @param isRefused whether the last one was refused: one from a cache would be refused again
   */
  token: (isRefused: boolean) => string | Promise<string>;
  /** Id of the last event that was read, by an earlier page for example. */
  lastId?: string;
  /** Ends the reader: the loop over it ends without an error. */
  signal?: AbortSignal;
  /** Told of what went wrong before it is tried again. What this throws ends the loop with that error. */
  onProblem?: (problem: unknown, waitMs: number) => void;
  /** Time without a byte after which a connection is taken for dead. The HTTP gateway writes every 15 seconds. */
  silenceMs?: number;
  /** Time within which a stream has to begin. */
  connectTimeoutMs?: number;
}

/** The stream was refused, and would be again. */
export class EventsRefusedError extends Error {
  override readonly name = "EventsRefusedError";
  constructor(
    readonly status: number,
    /** Of the HTTP gateway's problem, such as `denied`. */
    readonly code: string | undefined,
  ) {
    super(`the event stream was refused: ${status}${code === undefined ? "" : ` ${code}`}`);
  }
}

/** First bound of the wait before another attempt; all of it is left to chance, and it doubles. */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30_000;
/** A stream that lasted was well, so what comes after it is a first failure. */
const LASTED_MS = 5000;
const SILENCE_MS = 45_000;
const CONNECT_MS = 20_000;
/** Statuses of what passes. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Events of one stream for as long as somebody reads, over any number of connections: after each end it begins anew after
 * the last event, without gap or double where the stream gives ids.
 *
 * @throws EventsRefusedError
 */
export async function* readEvents(
  address: string | URL,
  options: EventsOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  const url = checked(address);
  const { signal } = options;
  const state: Reading = { lastId: options.lastId ?? "", failures: 0, isRefused: false };
  while (!signal?.aborted) {
    const begun = performance.now();
    let problem: unknown = new Error("the event stream ended");
    try {
      for await (const event of once(url, options, state)) {
        state.failures = 0;
        yield event;
      }
      if (state.retryMs !== undefined) problem = undefined;
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof EventsRefusedError && !isPassing(error, state)) throw error;
      problem = error;
    }
    if (signal?.aborted) return;
    if (performance.now() - begun > LASTED_MS) state.failures = 0;
    const waitMs = waitOf(state);
    state.failures++;
    if (problem !== undefined) options.onProblem?.(problem, waitMs);
    await pause(waitMs, signal);
  }
}

interface Reading {
  lastId: string;
  /** Attempts in a row that gave nothing. */
  failures: number;
  /** Whether the last token was refused. */
  isRefused: boolean;
  /** What the last stream, or its refusal, said of when to come back. */
  retryMs?: number;
}

/** Events of one connection, until its end. */
async function* once(url: URL, options: EventsOptions, state: Reading): AsyncGenerator<StreamEvent> {
  state.retryMs = undefined;
  const watch = new Watch(options.signal);
  try {
    watch.within(options.connectTimeoutMs ?? CONNECT_MS, "the event stream did not begin in time");
    const token = await watch.race(Promise.resolve(options.token(state.isRefused)));
    const answer = await fetch(url, {
      headers: {
        accept: "text/event-stream",
        authorization: `Bearer ${token}`,
        ...(state.lastId !== "" && { "last-event-id": state.lastId }),
      },
      credentials: "omit",
      // A token is for the address that it was given for.
      redirect: "manual",
      signal: watch.signal,
    });
    if (answer.status !== 200 || !answer.body || !isEventStream(answer)) throw await refusalOf(answer, state);
    state.isRefused = false;
    const parser = new EventParser(state.lastId);
    const decoder = new TextDecoder();
    const reader = answer.body.getReader();
    for (;;) {
      watch.within(options.silenceMs ?? SILENCE_MS, "nothing came over the event stream");
      const { done, value } = await reader.read();
      // Who reads slowly is no silence of the other side.
      watch.rest();
      if (done) return;
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        state.lastId = event.id;
        yield event;
      }
      state.retryMs = parser.retryMs;
    }
  } finally {
    // Also where the loop was left: the connection goes with its reader.
    watch.end();
  }
}

const isEventStream = ({ headers }: Response) => /^text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "");

async function refusalOf(answer: Response, state: Reading): Promise<EventsRefusedError> {
  const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  if (seconds > 0) state.retryMs = Math.min(seconds * 1000, LONGEST_WAIT_MS);
  const problem: unknown = await answer.json().catch(() => undefined);
  const type = typeof problem === "object" && problem !== null && "type" in problem ? String(problem.type) : undefined;
  return new EventsRefusedError(answer.status, type?.split(":").at(-1));
}

/** Whether it is worth another attempt. A token is asked for anew once: two in a row that are refused are no accident. */
function isPassing({ status }: EventsRefusedError, state: Reading): boolean {
  if (status !== 401) return PASSING.has(status);
  const isFirst = !state.isRefused;
  state.isRefused = true;
  return isFirst;
}

/** What the gateway said is spread over its readers already. Otherwise chance spreads them: they lost it together. */
function waitOf({ failures, retryMs }: Reading): number {
  const spread = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 16));
  return Math.round(failures === 0 ? (retryMs ?? spread) : (retryMs ?? 0) + spread);
}

/** Ends a request at the first of: the reader's own signal, and the end of a time that is set again and again. */
class Watch {
  readonly #end = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly outer?: AbortSignal) {
    if (outer?.aborted) this.#abort();
    outer?.addEventListener("abort", this.#abort);
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  within(ms: number, words: string): void {
    this.rest();
    this.#timer = setTimeout(() => this.#end.abort(new Error(words)), ms);
  }

  rest(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    this.rest();
    this.outer?.removeEventListener("abort", this.#abort);
    this.#end.abort();
  }

  /** Rejects at the end, whether or not the promise ever settles. */
  async race<T>(promise: Promise<T>): Promise<T> {
    const ended = new Promise<never>((_, reject) => {
      const refuse = () => reject(this.signal.reason);
      if (this.signal.aborted) refuse();
      this.signal.addEventListener("abort", refuse, { once: true });
    });
    ended.catch(() => undefined);
    return Promise.race([promise, ended]);
  }

  #abort = (): void => this.#end.abort(this.outer?.reason);
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** A token in clear is everybody's: over `http:` to this machine alone. @throws TypeError */
function checked(address: string | URL): URL {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const url = new URL(address, page);
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isHere))
    throw new TypeError(`an event stream is read over https: ${url.protocol}//${url.host}`);
  return url;
}

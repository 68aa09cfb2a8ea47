import { z } from "zod";
import { isPublicKey } from "../nkeys/nkey";
import type { ServerQuestions } from "./server-questions";

export interface KnownServersOptions {
  /** What servers say to them comes to {@link KnownServers.learn}. */
  questions: Pick<ServerQuestions, "ask">;
  /** Milliseconds; monotonic. */
  now?: () => number;
  /** Least time between two questions, however many strangers knock. */
  cooldownMs?: number;
  /**
   * How long a request of a stranger waits for its server to be heard of: as long as servers wait. It costs nothing,
   * since otherwise there would be no answer at all.
   */
  patienceMs?: number;
  /** Time after which a server is asked again, though nobody knocked. */
  refreshMs?: number;
  /** Age at which a server is forgotten that answers no more: its key ended with its process. */
  forgetMs?: number;
}

/** Strangers that are asked at once: nobody but servers can be one, and no cluster has more. */
const MAX_NAMES = 64;

type Tell = (known: boolean) => void;

const introduction = z.object({ server: z.object({ id: z.string().refine((id) => isPublicKey("N", id)) }) });

/**
 * The servers that may ask, as they introduce themselves.
 *
 * A server makes its nkey anew at each start, so no list of them can be written down: it is learnt, and asked for again
 * when a stranger knocks.
 */
export class KnownServers {
  readonly #options: Required<KnownServersOptions>;
  readonly #heardAt = new Map<string, number>();
  /** Requests of servers that have not been heard of, each with the end of its patience. */
  readonly #waiting = new Map<string, Map<Tell, NodeJS.Timeout>>();
  /** Names of those servers, as their requests give them. */
  readonly #names = new Map<string, string>();
  #askedAt = Number.NEGATIVE_INFINITY;
  #question?: NodeJS.Timeout;
  #refresh?: NodeJS.Timeout;

  constructor(options: KnownServersOptions) {
    this.#options = {
      now: () => performance.now(),
      cooldownMs: 250,
      patienceMs: 5000,
      refreshMs: 60_000,
      forgetMs: 600_000,
      ...options,
    };
  }

  /** Asks from time to time until {@link stop}. */
  start(): void {
    this.#refresh = setInterval(() => this.#ask(), this.#options.refreshMs).unref();
  }

  stop(): void {
    clearInterval(this.#refresh);
    clearTimeout(this.#question);
  }

  get count(): number {
    return this.#heardAt.size;
  }

  /** Takes what one server says of itself; anything else is ignored. */
  learn(answer: string): void {
    const id = readIntroduction(answer);
    if (id === undefined) return;
    this.#heardAt.set(id, this.#options.now());
    for (const tell of [...(this.#waiting.get(id)?.keys() ?? [])]) this.#settle(id, tell, true);
  }

  /** Whether a server is known; of one that is not, once it has been asked by its name. Never rejects. */
  has(id: string, name: string): boolean | Promise<boolean> {
    if (this.#heardAt.has(id)) return true;
    this.#names.set(id, name);
    const heard = new Promise<boolean>((tell) => {
      const waiting = this.#waiting.get(id) ?? new Map<Tell, NodeJS.Timeout>();
      const patience = setTimeout(() => this.#settle(id, tell, false), this.#options.patienceMs);
      this.#waiting.set(id, waiting.set(tell, patience));
    });
    this.#askWhileWaiting();
    return heard;
  }

  #settle(id: string, tell: Tell, known: boolean): void {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.get(tell));
    waiting?.delete(tell);
    if (waiting?.size === 0) {
      this.#waiting.delete(id);
      this.#names.delete(id);
    }
    tell(known);
  }

  /** A server that has just joined may not have heard the first question. */
  #askWhileWaiting(): void {
    if (this.#question || this.#waiting.size === 0) return;
    const { cooldownMs, now } = this.#options;
    if (now() - this.#askedAt >= cooldownMs) this.#ask();
    this.#question = setTimeout(() => {
      this.#question = undefined;
      this.#askWhileWaiting();
    }, cooldownMs);
  }

  #ask(): void {
    const { now, forgetMs, questions } = this.#options;
    this.#askedAt = now();
    for (const [id, heardAt] of this.#heardAt) if (now() - heardAt > forgetMs) this.#heardAt.delete(id);
    questions.ask();
    // After a reload a server passes on the first answer alone (nats-server 2.14.5), so each is asked a question of its own.
    for (const name of [...new Set(this.#names.values())].slice(0, MAX_NAMES)) questions.ask(name);
  }
}

function readIntroduction(answer: string): string | undefined {
  try {
    return introduction.safeParse(JSON.parse(answer)).data?.server.id;
  } catch {
    return undefined;
  }
}

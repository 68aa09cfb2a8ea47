import { z } from "zod";
import { isPublicKey } from "../nkeys/nkey";
import type { ServerQuestions } from "./server-questions";

export interface KnownServersOptions {
  /** Sends requests to servers. Their answers go to {@link KnownServers.learn}. */
  questions: Pick<ServerQuestions, "ask">;
  /** Milliseconds; monotonic. */
  now?: () => number;
  /** Least time between two requests to servers, however many unknown servers send messages. */
  cooldownMs?: number;
  /**
   * Time that a message of an unknown server waits until that server is known: as long as servers wait. It costs
   * nothing, since otherwise there would be no answer at all.
   */
  patienceMs?: number;
  /** Time after which servers are asked again, even when no message came from an unknown one. */
  refreshMs?: number;
  /** Age at which a server that no longer answers is forgotten: its key ended with its process. */
  forgetMs?: number;
}

/** Most unknown servers that are asked at once: only servers can be among them, and no cluster has more. */
const MAX_NAMES = 64;

type Tell = (known: boolean) => void;

const introduction = z.object({ server: z.object({ id: z.string().refine((id) => isPublicKey("N", id)) }) });

/**
 * The servers whose requests are answered, as they introduce themselves.
 *
 * A server creates a new nkey at each start, so no list of them can be configured: it is learnt, and requested again
 * when a message comes from an unknown server.
 */
export class KnownServers {
  readonly #options: Required<KnownServersOptions>;
  readonly #heardAt = new Map<string, number>();
  /** Messages of unknown servers, each with the timer that ends its wait. */
  readonly #waiting = new Map<string, Map<Tell, NodeJS.Timeout>>();
  /** Names of those servers, as their messages give them. */
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

  /** Sends requests from time to time until {@link stop}. */
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

  /** Takes the identity that one server answers with; anything else is ignored. */
  learn(answer: string): void {
    const id = readIntroduction(answer);
    if (id === undefined) return;
    this.#heardAt.set(id, this.#options.now());
    for (const tell of [...(this.#waiting.get(id)?.keys() ?? [])]) this.#settle(id, tell, true);
  }

  /** Returns whether a server is known; an unknown one is first asked by its name. Never rejects. */
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

  /** Repeats the request: a server that has just joined may have missed the first one. */
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
    // After a reload a server passes on the first answer alone (nats-server 2.14.5), so each gets a request of its own.
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

import { z } from "zod";
import { isPublicKey } from "../nkeys/nkey";
import type { ServerRequests } from "./server-requests";

export interface KnownServersOptions {
  /** Sends requests to servers. Their answers go to {@link KnownServers.learn}. */
  serverRequests: Pick<ServerRequests, "send">;
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

type Settle = (known: boolean) => void;

const introduction = z.object({ server: z.object({ id: z.string().refine((id) => isPublicKey("N", id)) }) });

/**
 * The servers whose requests are answered, as they introduce themselves.
 *
 * A server creates a new nkey at each start, so no list of them can be configured: it is learnt, and requested again
 * when a message comes from an unknown server.
 */
export class KnownServers {
  readonly #options: Required<KnownServersOptions>;
  readonly #seenAt = new Map<string, number>();
  /** Messages of unknown servers, each with the timer that ends its wait. */
  readonly #waiting = new Map<string, Map<Settle, NodeJS.Timeout>>();
  /** Names of those servers, as their messages give them. */
  readonly #names = new Map<string, string>();
  #requestedAt = Number.NEGATIVE_INFINITY;
  #repetition?: NodeJS.Timeout;
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
    this.#refresh = setInterval(() => this.#request(), this.#options.refreshMs).unref();
  }

  stop(): void {
    clearInterval(this.#refresh);
    clearTimeout(this.#repetition);
  }

  get count(): number {
    return this.#seenAt.size;
  }

  /** Takes the identity that one server answers with; anything else is ignored. */
  learn(answer: string): void {
    const id = readIntroduction(answer);
    if (id === undefined) return;
    this.#seenAt.set(id, this.#options.now());
    for (const settle of [...(this.#waiting.get(id)?.keys() ?? [])]) this.#settle(id, settle, true);
  }

  /** Returns whether a server is known; an unknown one is first asked by its name. Never rejects. */
  has(id: string, name: string): boolean | Promise<boolean> {
    if (this.#seenAt.has(id)) return true;
    this.#names.set(id, name);
    const answered = new Promise<boolean>((settle) => {
      const waiting = this.#waiting.get(id) ?? new Map<Settle, NodeJS.Timeout>();
      const timer = setTimeout(() => this.#settle(id, settle, false), this.#options.patienceMs);
      this.#waiting.set(id, waiting.set(settle, timer));
    });
    this.#requestWhileWaiting();
    return answered;
  }

  #settle(id: string, settle: Settle, known: boolean): void {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.get(settle));
    waiting?.delete(settle);
    if (waiting?.size === 0) {
      this.#waiting.delete(id);
      this.#names.delete(id);
    }
    settle(known);
  }

  /** Repeats the request: a server that has just joined may have missed the first one. */
  #requestWhileWaiting(): void {
    if (this.#repetition || this.#waiting.size === 0) return;
    const { cooldownMs, now } = this.#options;
    if (now() - this.#requestedAt >= cooldownMs) this.#request();
    this.#repetition = setTimeout(() => {
      this.#repetition = undefined;
      this.#requestWhileWaiting();
    }, cooldownMs);
  }

  #request(): void {
    const { now, forgetMs, serverRequests } = this.#options;
    this.#requestedAt = now();
    for (const [id, seenAt] of this.#seenAt) if (now() - seenAt > forgetMs) this.#seenAt.delete(id);
    serverRequests.send();
    // After a reload a server passes on the first answer alone (nats-server 2.14.5), so each gets a request of its own.
    for (const name of [...new Set(this.#names.values())].slice(0, MAX_NAMES)) serverRequests.send(name);
  }
}

function readIntroduction(answer: string): string | undefined {
  try {
    return introduction.safeParse(JSON.parse(answer)).data?.server.id;
  } catch {
    return undefined;
  }
}

import type { VerificationKey } from "./jwks";
import { Denial } from "./reasons";

export interface KeyStoreOptions {
  /** Downloads and reads the key set; rejects after about a second, well before a server stops waiting. */
  load: () => Promise<ReadonlyMap<string, VerificationKey>>;
  /** Milliseconds; monotonic. */
  now?: () => number;
  /** Age at which keys are refreshed in the background. */
  refreshMs?: number;
  /** Least time between a success and the next download, however many tokens name unknown keys. */
  cooldownMs?: number;
  /** Least time between a failure and the next download. */
  retryMs?: number;
  /** Age up to which keys are used while the issuer is down. A withdrawn key lives on for so long at most. */
  staleMs?: number;
  onLoad?: (result: { error?: Error }) => void;
}

/**
 * The issuer's keys, kept fresh.
 *
 * jose's `createRemoteJWKSet` forgets its keys when a refresh fails, and its cooldown counts successes alone: while the
 * issuer is down, it would deny every client and download for every login.
 */
export class KeyStore {
  readonly #options: Required<Omit<KeyStoreOptions, "onLoad">> & Pick<KeyStoreOptions, "onLoad">;
  #keys: ReadonlyMap<string, VerificationKey> = new Map();
  #loadedAt?: number;
  #nextLoadAt = Number.NEGATIVE_INFINITY;
  #lastFailed = false;
  #loading?: Promise<void>;
  #timer?: NodeJS.Timeout;
  #stopped = false;

  constructor(options: KeyStoreOptions) {
    this.#options = {
      now: () => performance.now(),
      refreshMs: 300_000,
      cooldownMs: 30_000,
      retryMs: 5000,
      staleMs: 3_600_000,
      ...options,
    };
  }

  /** Loads the keys and keeps them fresh until {@link stop}. Never rejects: a failure is tried again. */
  async start(): Promise<void> {
    await this.#refresh();
    if (this.#stopped) return;
    const { refreshMs, retryMs } = this.#options;
    this.#timer = setTimeout(() => void this.start(), this.#lastFailed ? retryMs : refreshMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** True while there are keys to verify with. */
  get usable(): boolean {
    return this.#loadedAt !== undefined && this.#options.now() - this.#loadedAt <= this.#options.staleMs;
  }

  /**
   * The key of that id, downloaded if it may be new; undefined when the issuer has none.
   *
   * @throws Denial `jwks_unavailable`
   */
  async find(kid: string): Promise<VerificationKey | undefined> {
    if (!this.usable || !this.#keys.has(kid)) await this.#refresh();
    if (!this.usable) throw new Denial("jwks_unavailable");
    return this.#keys.get(kid);
  }

  #refresh(): Promise<void> {
    if (!this.#loading && this.#options.now() >= this.#nextLoadAt)
      this.#loading = this.#load().finally(() => {
        this.#loading = undefined;
      });
    return this.#loading ?? Promise.resolve();
  }

  async #load(): Promise<void> {
    const { load, now, cooldownMs, retryMs, onLoad } = this.#options;
    try {
      this.#keys = await load();
      this.#loadedAt = now();
      this.#lastFailed = false;
      onLoad?.({});
    } catch (error) {
      this.#lastFailed = true;
      onLoad?.({ error: error instanceof Error ? error : new Error(String(error)) });
    }
    this.#nextLoadAt = now() + (this.#lastFailed ? retryMs : cooldownMs);
  }
}

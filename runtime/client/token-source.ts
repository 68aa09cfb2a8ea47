/** A token of an OpenID Connect issuer, by a function that gets one: called again before it ends. */
export interface OidcTokens {
  token: () => string | Promise<string>;
  /** Seconds before a token's `exp` at which the next one is fetched. @default 60, at most half of its life */
  refreshBeforeSeconds?: number;
}

const RETRY_MS = 5000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Holds the newest token, because nats.js asks for it at each dial and does not wait. */
export class TokenSource {
  #token?: string;
  #timer?: NodeJS.Timeout;
  #stopped = false;
  #fetching?: Promise<void>;

  constructor(
    private readonly options: OidcTokens,
    private readonly onProblem: (problem: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws when there has been no token yet */
  current(): string {
    if (this.#token === undefined) throw new Error("there is no token yet");
    return this.#token;
  }

  /** Resolves when there is a token that has not ended. Rejects with what the function rejects with. */
  async prepare(): Promise<void> {
    if (this.#token !== undefined && (endOf(this.#token) ?? Number.POSITIVE_INFINITY) > this.now()) return;
    await this.refresh();
  }

  /** Fetches a token now; concurrent calls share one. */
  refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #fetch(): Promise<void> {
    const token = await this.options.token();
    if (typeof token !== "string" || token === "") throw new Error("the token function gave no token");
    this.#token = token;
    const end = endOf(token);
    if (end === undefined) return;
    const life = Math.max(0, end - this.now());
    this.#later(life - Math.min((this.options.refreshBeforeSeconds ?? 60) * 1000, life / 2));
  }

  #later(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const next = () => {
      this.refresh().catch((error: unknown) => {
        this.onProblem(`no new token: ${error instanceof Error ? error.message : String(error)}`);
        this.#later(RETRY_MS);
      });
    };
    this.#timer = setTimeout(next, Math.min(Math.max(ms, 1), MAX_TIMER_MS));
    this.#timer.unref();
  }
}

/** Claims of a JWT, unverified: they only name this client's own inboxes and time its own refresh. */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds since the epoch. */
function endOf(token: string): number | undefined {
  const exp = claimsOf(token)?.exp;
  return typeof exp === "number" ? exp * 1000 : undefined;
}

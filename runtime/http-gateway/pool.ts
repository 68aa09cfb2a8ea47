import { Problem } from "./problems";
import type { Caller } from "./token";

/** A connection as the pool sees it. */
export interface Pooled {
  /** Called once, when the connection can take no more requests: it ended, or its server is about to stop. */
  onRetired(retired: () => void): void;
  close(): Promise<void>;
}

export interface PoolOptions<Connection extends Pooled> {
  /** Logs in with the caller's token. @throws Problem */
  open(caller: Caller): Promise<Connection>;
  connections: number;
  connectionsPerUser: number;
  now(): number;
}

interface Entry<Connection> {
  key: string;
  user: string;
  expires: number;
  connection: Promise<Connection>;
  uses: number;
  usedAt: number;
}

/** Connections that are dialled at the same time: each is a question to the auth callout. */
const DIALS = 16;
/** Time for which a token that was refused is not tried again. */
const REFUSED_MS = 5000;
const MOST_REFUSED = 10_000;
/** Time after which a connection that nobody uses is closed. */
export const IDLE_MS = 60_000;

/**
 * Connections to NATS by token: rights come from the whole token, so no two tokens share a connection, even of one user.
 * A connection ends with its token. When it is lost, the next request makes another one: nothing reconnects by itself, so
 * a server that ends brings no storm of logins.
 */
export class Pool<Connection extends Pooled> {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry<Connection>>();
  readonly #refused = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #dialling = 0;
  #closed = false;

  constructor(private readonly options: PoolOptions<Connection>) {}

  get count(): number {
    return this.#entries.size;
  }

  /** True when a request of the caller needs no login. */
  has({ key }: Caller): boolean {
    return this.#entries.has(key);
  }

  /** Work on the caller's connection. @throws Problem, also what `work` throws */
  async use<Result>(caller: Caller, work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const entry = this.#entryOf(caller);
    entry.uses++;
    try {
      return await work(await entry.connection);
    } finally {
      entry.uses--;
      entry.usedAt = this.options.now();
      // One that was retired while it was in use has waited for this.
      if (entry.uses === 0 && this.#entries.get(entry.key) !== entry) end(entry);
    }
  }

  /** Closes connections whose tokens have ended, whoever uses them, and those that nobody has used for a while. */
  sweep(): void {
    const now = this.options.now();
    for (const entry of this.#entries.values()) {
      if (entry.expires <= now) {
        this.#entries.delete(entry.key);
        end(entry);
      } else if (entry.uses === 0 && entry.usedAt + IDLE_MS <= now) this.#retire(entry);
    }
    for (const [key, until] of this.#refused) if (until <= now) this.#refused.delete(key);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(({ connection }) => connection.then((open) => open.close()).catch(() => undefined)));
  }

  #entryOf(caller: Caller): Entry<Connection> {
    const now = this.options.now();
    if (this.#closed) throw new Problem("draining");
    if (caller.expires <= now) throw new Problem("token-refused");
    const found = this.#entries.get(caller.key);
    if (found) {
      this.#entries.delete(found.key);
      this.#entries.set(found.key, found);
      return found;
    }
    if ((this.#refused.get(caller.key) ?? 0) > now) throw new Problem("token-refused");
    const user = JSON.stringify([caller.issuer, caller.sub]);
    this.#makeRoom(user);
    const { key, expires } = caller;
    const entry: Entry<Connection> = { key, user, expires, connection: this.#open(caller), uses: 0, usedAt: now };
    this.#entries.set(key, entry);
    entry.connection.then(
      (connection) => connection.onRetired(() => this.#retire(entry)),
      (error: unknown) => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        if (error instanceof Problem && error.code === "token-refused") this.#refuse(key);
      },
    );
    return entry;
  }

  /** @throws Problem where every connection is in use */
  #makeRoom(user: string): void {
    const { connections, connectionsPerUser } = this.options;
    if (this.#entries.size < Math.min(connections, connectionsPerUser)) return;
    const all = [...this.#entries.values()];
    const own = all.filter((entry) => entry.user === user);
    const crowded = own.length >= connectionsPerUser ? own : all.length >= connections ? all : undefined;
    if (!crowded) return;
    const idle = crowded.find(({ uses }) => uses === 0);
    if (!idle) throw new Problem("too-many-requests");
    this.#retire(idle);
  }

  /** The entry takes no more requests; its connection ends when nobody uses it any more. */
  #retire(entry: Entry<Connection>): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    if (entry.uses === 0) end(entry);
  }

  #refuse(key: string): void {
    this.#refused.set(key, this.options.now() + REFUSED_MS);
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > MOST_REFUSED && oldest !== undefined) this.#refused.delete(oldest);
  }

  async #open(caller: Caller): Promise<Connection> {
    if (this.#dialling >= DIALS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#dialling++;
    try {
      return await this.options.open(caller);
    } finally {
      // The place goes to who has waited the longest, or is free.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#dialling--;
    }
  }
}

function end<Connection extends Pooled>({ connection }: Entry<Connection>): void {
  void connection.then((open) => open.close()).catch(() => undefined);
}

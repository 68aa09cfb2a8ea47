import { errorMessage } from "../common/error-message";
import type { Addresses } from "./addresses";
import type { Authenticators } from "./authentication";
import { reconnectDelay } from "./backoff";
import { ClientClosedError, NotConnectedError } from "./errors";
import type { Authenticator, Link, LinkEvent, Transport } from "./transport/link";

/** How a connection is made. */
export interface ConnectionSettings {
  transport: Transport;
  addresses: Addresses;
  login: Authenticators;
  tls: { caFile?: string; ca?: string; servername?: string };
  name?: string;
  /** Instead of the identity's own. */
  inboxPrefix?: string;
  /** For the first connect as a whole. */
  connectTimeoutMs: number;
  pingIntervalMs: number;
  /** The first dial after a disconnect waits for a random part of this. */
  reconnectSpreadMs: number;
}

/** State of a connection. */
export interface ConnectionState {
  connected: boolean;
  /** Nothing was dialled yet. */
  idle: boolean;
  closed: boolean;
  /** Logins that servers turned down since the last that they took. */
  refusals: number;
  reconnects: number;
  lastError?: string;
}

/** Something that happened to the connection, for logs, metrics and whoever has subscriptions. */
export type ConnectionEvent = LinkEvent | { kind: "connected"; server: string } | { kind: "closed" };

/** One lazily made connection: concurrent first uses share an attempt, and a failed one is made again by the next use. */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #listeners = new Set<(event: ConnectionEvent, link: Link | undefined) => void>();
  readonly #state: ConnectionState = { connected: false, idle: true, closed: false, refusals: 0, reconnects: 0 };
  #link?: Link;
  #connecting?: Promise<Link>;
  /** Dials since the connection was lost. */
  #dials = 0;
  /** Of the identity that connected last. */
  inboxPrefix?: string;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  get state(): Readonly<ConnectionState> {
    return this.#state;
  }

  /** @returns a function that ends it */
  listen(listener: (event: ConnectionEvent, link: Link | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The link when it is connected right now. */
  get ready(): Link | undefined {
    return this.#state.connected ? this.#link : undefined;
  }

  /**
   * The link, made now when there is none.
   *
   * @throws NotConnectedError at once when the connection was made and is away, so that nothing waits in a buffer that
   * nats.js empties without a word
   */
  async link(): Promise<Link> {
    const link = await this.made();
    if (!this.#state.connected) throw new NotConnectedError(this.#away());
    return link;
  }

  /** The link whether it is connected or reconnecting, made now when there is none. */
  async made(): Promise<Link> {
    if (this.#state.closed) throw new ClientClosedError();
    if (this.#link) return this.#link;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** No more use makes a connection. */
  retire(): void {
    this.#state.closed = true;
  }

  /** Closes for good. Always ends. */
  async close(): Promise<void> {
    this.retire();
    this.#settings.login.stop();
    await this.#connecting?.catch(() => undefined);
    await this.#link?.close().catch(() => undefined);
    this.#state.connected = false;
  }

  #away(): string {
    const { lastError } = this.#state;
    return `not connected to ${this.#settings.addresses.servers.join(", ")}${lastError === undefined ? "" : `: ${lastError}`}`;
  }

  async #connect(): Promise<Link> {
    const { login } = this.#settings;
    this.#state.idle = false;
    try {
      await login.prepare();
      const link = await this.#bounded();
      if (this.#state.closed) {
        await link.close();
        throw new ClientClosedError();
      }
      this.#watch(link);
      return link;
    } catch (error) {
      if (error instanceof ClientClosedError) throw error;
      const refused = error instanceof NotConnectedError && error.refused;
      this.#state.lastError = errorMessage(error);
      if (refused) {
        this.#state.refusals++;
        login.refused();
      }
      throw new NotConnectedError(this.#away(), { refused, cause: error });
    }
  }

  /** A first connect with one bound for everything, and with the reason of the last dial. */
  async #bounded(): Promise<Link> {
    const { transport, addresses, login, connectTimeoutMs, inboxPrefix, tls, ...rest } = this.#settings;
    let gaveUp = false;
    let problem: string | undefined;
    const guarded = login.authenticators.map((authenticator) =>
      neverThrowing(authenticator, (reason) => {
        problem = reason;
        this.#state.lastError = reason;
      }),
    );
    this.inboxPrefix = inboxPrefix ?? login.inboxPrefix();
    const connecting = transport.connect({
      servers: addresses.servers,
      authenticators: guarded,
      ...(addresses.encrypted && { tls }),
      name: rest.name,
      inboxPrefix: this.inboxPrefix,
      timeoutMs: Math.max(1000, Math.ceil(connectTimeoutMs / addresses.servers.length)),
      pingIntervalMs: rest.pingIntervalMs,
      firstDialDelayMs: () => Math.random() * rest.reconnectSpreadMs,
      dialDelayMs: () => {
        // The only place where both lines of nats.js can be told to stop dialling.
        if (gaveUp) throw new Error("given up");
        return reconnectDelay(this.#dials, addresses.servers.length, Math.random());
      },
      onEvent: (event) => this.#happened(event),
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        gaveUp = true;
        reject(new NotConnectedError(`no answer within ${connectTimeoutMs} ms`));
      }, connectTimeoutMs);
    });
    try {
      return await Promise.race([connecting, late]);
    } catch (error) {
      // One that comes after all is not kept: nobody knows of it.
      connecting.then((link) => link.close()).catch(() => undefined);
      if (problem !== undefined) throw new NotConnectedError(problem, { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #watch(link: Link): void {
    this.#link = link;
    this.#connected();
    this.#emit({ kind: "connected", server: link.server });
    void link.closed.then((error) => {
      this.#link = undefined;
      this.#state.connected = false;
      if (error) this.#state.lastError = error.message;
      this.#emit({ kind: "closed" });
    });
  }

  #connected(): void {
    this.#state.connected = true;
    this.#state.refusals = 0;
    this.#dials = 0;
    this.#settings.login.admitted();
  }

  #happened(event: LinkEvent): void {
    if (event.kind === "disconnected") this.#state.connected = false;
    if (event.kind === "dialling") this.#dials++;
    if (event.kind === "error" || event.kind === "refused") this.#state.lastError = event.reason;
    if (event.kind === "refused") {
      this.#state.refusals++;
      this.#settings.login.refused();
    }
    if (event.kind === "reconnected") {
      this.#connected();
      this.#state.reconnects++;
    }
    this.#emit(event);
  }

  #emit(event: ConnectionEvent): void {
    for (const listener of this.#listeners)
      try {
        listener(event, this.#link);
      } catch (error) {
        // Nothing that a listener does may end the loop that reads the connection's state.
        this.#state.lastError = errorMessage(error);
      }
  }
}

/** An authenticator that throws closes a connection of nats.js for good; one that answers nothing is refused and asked again. */
const neverThrowing =
  (authenticator: Authenticator, onProblem: (reason: string) => void): Authenticator =>
  (nonce) => {
    try {
      return authenticator(nonce);
    } catch (error) {
      onProblem(errorMessage(error));
      return {};
    }
  };

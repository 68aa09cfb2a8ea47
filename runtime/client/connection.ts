import { errorMessage } from "../common/error-message";
import { ClientClosedError, NotConnectedError } from "./errors";
import { type ConnectionSettings, firstConnect } from "./first-connect";
import type { Link, LinkEvent } from "./transport/link";

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
      this.inboxPrefix = this.#settings.inboxPrefix ?? login.inboxPrefix();
      const link = await firstConnect(this.#settings, this.inboxPrefix, {
        dials: () => this.#dials,
        onEvent: (event) => this.#happened(event),
        onProblem: (reason) => {
          this.#state.lastError = reason;
        },
      });
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

import { randomUUID } from "node:crypto";
import {
  connect,
  DebugEvents,
  Events,
  type Msg,
  type NatsConnection,
  type Payload,
  type PubAck,
  type PublishOptions,
} from "nats";
import { errorMessage } from "../common/error-message";
import { parseServers } from "../common/servers";
import { type Authentication, type Authenticators, authenticators, defaultInboxPrefix } from "./authentication";
import { reconnectDelay } from "./backoff";
import { ownMessageId, publishToStream, type StreamPublishOptions } from "./stream-publish";

export interface NatsClientOptions {
  /** `tls://` addresses, as a list or separated by commas. */
  servers: string | readonly string[];
  authentication: Authentication;
  /** File with the CA certificates to trust instead of Node's; read on every connect, so a CA can be rolled. */
  caFile?: string;
  /** The same as text. */
  ca?: string;
  /** Name to verify in the server's certificate, where it differs from the dialled one. */
  tlsServername?: string;
  /** Shown in the server's monitoring. */
  name?: string;
  /** Default: the private inbox prefix of the token's `sub` or of the nkey. */
  inboxPrefix?: string;
  /** @default 5000 */
  connectTimeoutMs?: number;
  /** @default 5000 */
  requestTimeoutMs?: number;
}

/** State of a client for a health endpoint. */
export interface NatsClientHealth {
  connected: boolean;
  servers: readonly string[];
  /** Reconnects since the client was made. */
  reconnects: number;
  lastError?: string;
}

/** The client was closed and connects no more. */
export class NatsClientClosedError extends Error {
  override readonly name = "NatsClientClosedError";
  constructor() {
    super("the NATS client is closed: create another one");
  }
}

/**
 * One lazily made connection to NATS, always over TLS.
 *
 * Nothing is dialled before the first use, concurrent first uses share one attempt, and a failed attempt is made again
 * by the next use. A connection that was made once reconnects for ever.
 *
 * @throws ServersError for anything but `tls://` addresses
 */
export class NatsClient {
  readonly #options: NatsClientOptions;
  readonly #servers: readonly string[];
  #connection?: NatsConnection;
  #connecting?: Promise<NatsConnection>;
  /** One for all attempts, which it counts. */
  #login?: Authenticators;
  /** Of the identity that connected last. */
  #inboxPrefix?: string;
  #closed = false;
  #connected = false;
  #reconnects = 0;
  /** Attempts to reconnect since the connection was lost. */
  #attempts = 0;
  #lastError?: string;

  constructor(options: NatsClientOptions) {
    this.#servers = parseServers(options.servers);
    this.#options = options;
  }

  /** The connection, made now if there is none. Rejects when no server can be reached within the timeout. */
  async connection(): Promise<NatsConnection> {
    if (this.#closed) throw new NatsClientClosedError();
    if (this.#connection && !this.#connection.isClosed()) return this.#connection;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** Asks and waits for one answer. Rejects when nobody listens or nobody answers in time. */
  async request(subject: string, data?: Payload, options: { timeoutMs?: number } = {}): Promise<Msg> {
    const timeout = options.timeoutMs ?? this.#options.requestTimeoutMs ?? 5000;
    return (await this.connection()).request(subject, data, { timeout });
  }

  /** Publishes without acknowledgement. */
  async publish(subject: string, data?: Payload, options?: PublishOptions): Promise<void> {
    (await this.connection()).publish(subject, data, options);
  }

  /**
   * Publishes to a stream and waits until it is stored; retried with one message id while no leader answers.
   *
   * Ids belong to the stream: a message with an id that somebody else used is dropped as a duplicate. So the identity of
   * this client stands before each, and by default the rest is left to chance, which nobody else can foresee.
   */
  async publishToStream(subject: string, data: Payload, options: Partial<StreamPublishOptions> = {}): Promise<PubAck> {
    const stream = (await this.connection()).jetstream();
    const { messageId = randomUUID(), ...rest } = options;
    return publishToStream(stream, subject, data, {
      messageId: ownMessageId(this.#inboxPrefix, messageId),
      timeoutMs: this.#options.requestTimeoutMs ?? 5000,
      retryForMs: 60_000,
      ...rest,
    });
  }

  health(): NatsClientHealth {
    return {
      connected: this.#connected,
      servers: this.#servers,
      reconnects: this.#reconnects,
      ...(this.#lastError !== undefined && { lastError: this.#lastError }),
    };
  }

  /** Lets subscriptions finish what they received and sends what is buffered, then closes for good. */
  async drain(): Promise<void> {
    await this.#end((connection) => (this.#connected ? connection.drain() : connection.close()));
  }

  /** Closes for good, at once. */
  async close(): Promise<void> {
    await this.#end((connection) => connection.close());
  }

  async #end(how: (connection: NatsConnection) => Promise<void>): Promise<void> {
    this.#closed = true;
    await this.#connecting?.catch(() => undefined);
    if (this.#connection && !this.#connection.isClosed()) await how(this.#connection);
  }

  async #connect(): Promise<NatsConnection> {
    const { authentication, caFile, ca, tlsServername, name, inboxPrefix, connectTimeoutMs } = this.#options;
    const prefix = inboxPrefix ?? defaultInboxPrefix(authentication);
    this.#inboxPrefix = prefix;
    try {
      this.#login ??= authenticators(authentication);
      const connection = await connect({
        servers: [...this.#servers],
        authenticator: this.#login.authenticators,
        // Always set: without it nats.js connects in clear when a server offers no TLS, whatever the scheme says.
        tls: {
          ...(caFile !== undefined && { caFile }),
          ...(ca !== undefined && { ca }),
          ...(tlsServername !== undefined && { servername: tlsServername }),
        },
        timeout: connectTimeoutMs ?? 5000,
        ...(name !== undefined && { name }),
        ...(prefix !== undefined && { inboxPrefix: prefix }),
        maxReconnectAttempts: -1,
        reconnectDelayHandler: () => reconnectDelay(this.#attempts, this.#servers.length, Math.random()),
        // nats.js gives up after two equal refusals; here they pass, with the next token or when the callout is back.
        ignoreAuthErrorAbort: true,
      });
      this.#watch(connection);
      return connection;
    } catch (error) {
      this.#lastError = errorMessage(error);
      throw error;
    }
  }

  #watch(connection: NatsConnection): void {
    this.#connection = connection;
    this.#connected = true;
    this.#login?.admitted();
    void this.#follow(connection);
    void connection.closed().then((error) => {
      this.#connected = false;
      if (error) this.#lastError = error.message;
    });
  }

  async #follow(connection: NatsConnection): Promise<void> {
    for await (const { type, data } of connection.status()) {
      if (type === Events.Disconnect || type === DebugEvents.StaleConnection) this.#connected = false;
      if (type === DebugEvents.Reconnecting) this.#attempts++;
      if (type === Events.Error) this.#lastError = String(data);
      if (type === Events.Reconnect) {
        this.#connected = true;
        this.#attempts = 0;
        this.#login?.admitted();
        this.#reconnects++;
      }
    }
  }
}

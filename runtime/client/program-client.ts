import { randomUUID } from "node:crypto";
import { jetstream, type PubAck } from "@nats-io/jetstream";
import type { Msg, NatsConnection, Payload, PublishOptions } from "@nats-io/transport-node";
import { parseServers } from "../common/servers";
import { type Authentication, authenticators } from "./authentication";
import { Connection } from "./connection";
import { ClientClosedError, NotConnectedError } from "./errors";
import { ownMessageId, publishToStream, type StreamPublishOptions } from "./stream-publish";
import { nats3 } from "./transport/nats3";

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

/** Programs of natsform are few, and servers wait for some of them. */
const SPREAD_MS = 250;
const PING_INTERVAL_MS = 25_000;

/**
 * The client of natsform's own programs and command line: the connection of {@link Client}, and with it `nats.js` itself,
 * for those who work with its JetStream management.
 *
 * Nothing is dialled before the first use, concurrent first uses share one attempt, and a failed attempt is made again
 * by the next use. A connection that was made once reconnects for ever.
 *
 * @throws ServersError for anything but `tls://` addresses
 */
export class NatsClient {
  readonly #connection: Connection;
  readonly #servers: readonly string[];
  readonly #requestTimeoutMs: number;

  constructor(options: NatsClientOptions) {
    const { authentication, caFile, ca, tlsServername, name, inboxPrefix, connectTimeoutMs, requestTimeoutMs } =
      options;
    this.#servers = parseServers(options.servers);
    this.#requestTimeoutMs = requestTimeoutMs ?? 5000;
    this.#connection = new Connection({
      transport: nats3,
      addresses: { servers: this.#servers, encrypted: true },
      login: authenticators(authentication),
      tls: {
        ...(caFile !== undefined && { caFile }),
        ...(ca !== undefined && { ca }),
        ...(tlsServername !== undefined && { servername: tlsServername }),
      },
      name,
      inboxPrefix,
      connectTimeoutMs: connectTimeoutMs ?? 5000,
      pingIntervalMs: PING_INTERVAL_MS,
      reconnectSpreadMs: SPREAD_MS,
    });
  }

  /** The connection, made now if there is none. Rejects when no server can be reached within the timeout. */
  async connection(): Promise<NatsConnection> {
    try {
      return (await this.#connection.made()).raw as NatsConnection;
    } catch (error) {
      if (error instanceof ClientClosedError) throw new NatsClientClosedError();
      throw ofNats(error);
    }
  }

  /** Asks and waits for one answer. Rejects when nobody listens or nobody answers in time. */
  async request(subject: string, data?: Payload, options: { timeoutMs?: number } = {}): Promise<Msg> {
    return (await this.connection()).request(subject, data, { timeout: options.timeoutMs ?? this.#requestTimeoutMs });
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
    const stream = jetstream(await this.connection());
    const { messageId = randomUUID(), ...rest } = options;
    return publishToStream(stream, subject, data, {
      messageId: ownMessageId(this.#connection.inboxPrefix, messageId),
      timeoutMs: this.#requestTimeoutMs,
      retryForMs: 60_000,
      ...rest,
    });
  }

  health(): NatsClientHealth {
    const { connected, reconnects, lastError } = this.#connection.state;
    return { connected, servers: this.#servers, reconnects, ...(lastError !== undefined && { lastError }) };
  }

  /** Lets subscriptions finish what they received and sends what is buffered, then closes for good. */
  async drain(): Promise<void> {
    const link = this.#connection.ready;
    this.#connection.retire();
    if (link) await (link.raw as NatsConnection).drain();
    await this.#connection.close();
  }

  /** Closes for good, at once. */
  async close(): Promise<void> {
    await this.#connection.close();
  }
}

/** What nats.js itself said. */
function ofNats(error: unknown): unknown {
  return error instanceof NotConnectedError && error.cause !== undefined ? ofNats(error.cause) : error;
}

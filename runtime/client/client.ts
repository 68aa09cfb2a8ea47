import { type Addresses, addressesOf, NATS_CONFIG } from "./addresses";
import { connectionOf, logConnection } from "./client-connection";
import type { Connection } from "./connection";
import { drain } from "./drain";
import type { Endpoint } from "./endpoint";
import { buildHealth, type ClientHealth } from "./health";
import type { ConsumeOptions } from "./jetstream/consume-options";
import { Consumers } from "./jetstream/consumers";
import { publishStored, type Stored, type StoreOptions, type StoreParts } from "./jetstream/publish-stored";
import { type Objects, type ObjectsOptions, openBucket, openObjects } from "./jetstream/stores";
import { type Logger, logObserver, silent } from "./observe/log";
import { Metrics } from "./observe/metrics";
import { Observers } from "./observe/observers";
import { tracingObserver } from "./observe/tracing";
import type { ClientOptions } from "./options";
import type { StandardSchema } from "./payload";
import { type PublishOptions, publish } from "./publish";
import { ask, type RequestOptions, type RequestSettings } from "./requests";
import { Resilience } from "./resilience";
import { InFlight } from "./serve/in-flight";
import { type AnyServeOptions, type ServeOptions, Service } from "./serve/service";
import { StandingSubscriptions } from "./serve/standing";
import { type SubscribeOptions, type Subscription, subscribe } from "./subscribe";
import type { LinkBucket, Message } from "./transport/link";

/**
 * A service's client for NATS: one connection, made at the first use and kept for ever.
 *
 * Everything that it rejects with is a {@link ClientError}, whose `code` says what is known about the message.
 */
export class Client implements AsyncDisposable {
  readonly #addresses: Addresses;
  readonly #connection: Connection;
  readonly #subscriptions: StandingSubscriptions;
  readonly #inFlight = new InFlight();
  readonly #stopping = new AbortController();
  readonly #logger: Logger;
  readonly #metrics?: Metrics;
  readonly #observers: Observers;
  readonly #requests: RequestSettings;
  readonly #service: Service;
  readonly #consumers: Consumers;
  readonly #store: StoreParts;
  readonly #drainTimeoutMs: number;
  #drained?: Promise<void>;

  /** @throws ServersError for addresses that must not be dialled, InvalidMessageError for a wrong inbox prefix */
  constructor(options: ClientOptions = {}) {
    const { retry = false, breaker = {}, logger = silent } = options;
    this.#addresses = addressesOf(options.servers, process.env.NATS_URL, options.plaintext);
    this.#logger = logger;
    this.#drainTimeoutMs = options.drainTimeoutMs ?? 20_000;
    this.#connection = connectionOf(options, this.#addresses, logger);
    this.#connection.listen((event) => logConnection(logger, event));
    this.#subscriptions = new StandingSubscriptions(this.#connection);
    if (options.metrics) this.#metrics = new Metrics();
    this.#observers = new Observers([
      tracingObserver(options.tracing),
      options.logger && !options.logProblemsOnly ? logObserver(logger) : undefined,
      this.#metrics,
    ]);
    this.#requests = {
      connection: this.#connection,
      resilience: new Resilience(breaker, (pattern, state) =>
        logger.warn({ subject: pattern }, `NATS breaker ${state}`),
      ),
      observers: this.#observers,
      timeoutMs: options.requestTimeoutMs ?? NATS_CONFIG.REQUEST_TIMEOUT,
      retry: retry === true ? {} : retry,
    };
    const { connection, observers, timeoutMs } = this.#requests;
    this.#store = { connection, observers, timeoutMs, logger, name: options.name };
    const parts = { connection, observers, inFlight: this.#inFlight, logger, signal: this.#stopping.signal };
    this.#consumers = new Consumers(parts);
    this.#service = new Service(options, { ...parts, subscriptions: this.#subscriptions });
  }

  /** Connects now rather than at the first use. @throws NotConnectedError */
  async connect(): Promise<void> {
    await this.#connection.link();
  }

  isConnected(): boolean {
    return this.#connection.state.connected;
  }

  /**
   * Asks, and waits for one answer. Without a schema of the response it is the message itself.
   *
   * @throws ClientError
   */
  request<Sent, Received>(
    endpoint: Endpoint<Sent, never, never, Received> | Endpoint<Sent, unknown, unknown, Received>,
    payload: Sent,
    options?: RequestOptions<Received>,
  ): Promise<Received>;
  request<Sent, Received>(
    subject: string,
    payload: Sent,
    options: RequestOptions<Received> & {
      schema: { request?: StandardSchema<Sent, unknown>; response: StandardSchema<unknown, Received> };
    },
  ): Promise<Received>;
  request(subject: string, payload?: unknown, options?: RequestOptions<Message>): Promise<Message>;
  request(target: string | Endpoint, payload?: unknown, options: RequestOptions = {}): Promise<unknown> {
    return ask(this.#requests, target, payload, options);
  }

  /** Publishes without acknowledgement; with `confirmed`, waits until the server has seen it. @throws ClientError */
  publish(subject: string, payload?: unknown, options: PublishOptions = {}): Promise<void> {
    return publish(this.#connection, this.#observers, subject, payload, options);
  }

  /** Hears a subject. Resolves when the server has accepted it. @throws ClientError */
  subscribe(
    subject: string,
    handler: (message: Message) => unknown,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    const parts = { subscriptions: this.#subscriptions, inFlight: this.#inFlight, logger: this.#logger };
    return subscribe(parts, subject, handler, options);
  }

  /**
   * Answers requests, as an endpoint of the micro service that this client is. Resolves when the server has accepted the
   * subscription; one that it refuses is a problem of {@link health} that names it, and the others go on.
   *
   * @throws ClientError
   */
  serve<Sent, Handled, Answered, Received>(
    endpoint: Endpoint<Sent, Handled, Answered, Received>,
    options: Omit<ServeOptions<Handled, Answered>, "schema">,
  ): Promise<void>;
  serve<Handled = Message, Answered = unknown>(
    subject: string,
    options: ServeOptions<Handled, Answered>,
  ): Promise<void>;
  serve(target: string | Endpoint, options: AnyServeOptions): Promise<void> {
    return this.#service.serve(target, options);
  }

  /**
   * Publishes to a stream, and resolves when it is stored: again with the same id until then, so that it is stored once.
   *
   * @throws ClientError
   */
  publishToStream(subject: string, payload?: unknown, options: StoreOptions = {}): Promise<Stored> {
    return publishStored(this.#store, subject, payload, options);
  }

  /**
   * Consumes messages of a durable pull consumer until the client drains. It goes on after restarts, and after the
   * consumer was made again; while nothing comes for want of one, {@link health} says so.
   *
   * @returns a function that stops it
   * @throws ClientError when there is no connection
   */
  consume<Value = Message>(options: ConsumeOptions<Value>): Promise<() => void> {
    return this.#consumers.start(options);
  }

  /** A key-value bucket that exists. @throws ClientError */
  bucket(name: string): Promise<LinkBucket> {
    return openBucket(this.#connection, name);
  }

  /** An object store that exists. @throws ClientError */
  objects(name: string, options: ObjectsOptions = {}): Promise<Objects> {
    return openObjects(this.#connection, name, options);
  }

  health(): ClientHealth {
    const draining = this.#drained ? ["the client is draining"] : [];
    return buildHealth(
      this.#connection.state,
      this.#addresses.servers,
      [...draining, ...this.#service.problems(), ...this.#consumers.problems()],
      [
        ...this.#service.warnings(),
        ...this.#requests.resilience.open().map((pattern) => `the breaker of ${pattern} is open`),
      ],
    );
  }

  /** Metrics in the text format of Prometheus; without the option `metrics`, those of the connection alone. */
  metrics(): string {
    return (this.#metrics ?? new Metrics()).text(this.#connection.state);
  }

  /** Takes nothing new, waits for handlers, sends what they answered, and closes for good. Always ends; never rejects. */
  drain(timeoutMs = this.#drainTimeoutMs): Promise<void> {
    this.#drained ??= drain(
      {
        connection: this.#connection,
        subscriptions: this.#subscriptions,
        inFlight: this.#inFlight,
        stopConsumers: async () => this.#consumers.stop(),
        stopping: this.#stopping,
        logger: this.#logger,
      },
      timeoutMs,
    );
    return this.#drained;
  }

  /** Closes for good, at once. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }
}

import { type ClientParts, partsOf } from "./client-parts";
import { drain } from "./drain";
import type { Endpoint } from "./endpoint";
import { buildHealth, type ClientHealth } from "./health";
import type { ConsumeOptions } from "./jetstream/consume-options";
import { publishStored, type Stored, type StoreOptions } from "./jetstream/publish-stored";
import { type Objects, type ObjectsOptions, openBucket, openObjects } from "./jetstream/stores";
import { Metrics } from "./observe/metrics";
import type { ClientOptions } from "./options";
import type { StandardSchema } from "./payload";
import { type PublishOptions, publish } from "./publish";
import { ask, type RequestOptions } from "./requests";
import type { AnyServeOptions, ServeOptions } from "./serve/service";
import { type SubscribeOptions, type Subscription, subscribe } from "./subscribe";
import type { LinkBucket, Message } from "./transport/link";

/**
 * A service's client for NATS: one connection, made at the first use and kept for ever.
 *
 * Everything that it rejects with is a {@link ClientError}, whose `code` says what is known about the message.
 */
export class Client implements AsyncDisposable {
  readonly #parts: ClientParts;
  readonly #drainTimeoutMs: number;
  #drained?: Promise<void>;

  /** @throws ServersError for addresses that must not be dialled, InvalidMessageError for a wrong inbox prefix */
  constructor(options: ClientOptions = {}) {
    this.#parts = partsOf(options);
    this.#drainTimeoutMs = options.drainTimeoutMs ?? 20_000;
  }

  /** Connects now rather than at the first use. @throws NotConnectedError */
  async connect(): Promise<void> {
    await this.#parts.connection.link();
  }

  isConnected(): boolean {
    return this.#parts.connection.state.connected;
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
    return ask(this.#parts.requests, target, payload, options);
  }

  /** Publishes without acknowledgement; with `confirmed`, waits until the server has seen it. @throws ClientError */
  publish(subject: string, payload?: unknown, options: PublishOptions = {}): Promise<void> {
    return publish(this.#parts.connection, this.#parts.observers, subject, payload, options);
  }

  /** Hears a subject. Resolves when the server has accepted it. @throws ClientError */
  subscribe(
    subject: string,
    handler: (message: Message) => unknown,
    options: SubscribeOptions = {},
  ): Promise<Subscription> {
    return subscribe(this.#parts, subject, handler, options);
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
    return this.#parts.service.serve(target, options);
  }

  /**
   * Publishes to a stream, and resolves when it is stored: again with the same id until then, so that it is stored once.
   *
   * @throws ClientError
   */
  publishToStream(subject: string, payload?: unknown, options: StoreOptions = {}): Promise<Stored> {
    return publishStored(this.#parts.store, subject, payload, options);
  }

  /**
   * Consumes messages of a durable pull consumer until the client drains. It goes on after restarts, and after the
   * consumer was made again; while nothing comes for want of one, {@link health} says so.
   *
   * @returns a function that stops it
   * @throws ClientError when there is no connection
   */
  consume<Value = Message>(options: ConsumeOptions<Value>): Promise<() => void> {
    return this.#parts.consumers.start(options);
  }

  /** A key-value bucket that exists. @throws ClientError */
  bucket(name: string): Promise<LinkBucket> {
    return openBucket(this.#parts.connection, name);
  }

  /** An object store that exists. @throws ClientError */
  objects(name: string, options: ObjectsOptions = {}): Promise<Objects> {
    return openObjects(this.#parts.connection, name, options);
  }

  health(): ClientHealth {
    const { connection, addresses, service, consumers, requests } = this.#parts;
    const draining = this.#drained ? ["the client is draining"] : [];
    const open = requests.resilience.open().map((pattern) => `the breaker of ${pattern} is open`);
    const problems = [...draining, ...service.problems(), ...consumers.problems()];
    return buildHealth(connection.state, addresses.servers, problems, [...service.warnings(), ...open]);
  }

  /** Metrics in the text format of Prometheus; without the option `metrics`, those of the connection alone. */
  metrics(): string {
    return (this.#parts.metrics ?? new Metrics()).text(this.#parts.connection.state);
  }

  /** Takes nothing new, waits for handlers, sends what they answered, and closes for good. Always ends; never rejects. */
  drain(timeoutMs = this.#drainTimeoutMs): Promise<void> {
    const stopConsumers = async () => this.#parts.consumers.stop();
    this.#drained ??= drain({ ...this.#parts, stopConsumers }, timeoutMs);
    return this.#drained;
  }

  /** Closes for good, at once. */
  async close(): Promise<void> {
    this.#parts.stopping.abort();
    await this.#parts.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }
}

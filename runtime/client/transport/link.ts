import type { ClientError } from "../errors";

/** Headers to send: one value or several for each name, case-sensitive as NATS has them. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Headers that came with a message. */
export interface ReceivedHeaders {
  /** The first value; empty when there is none. */
  get(name: string): string;
  values(name: string): string[];
  has(name: string): boolean;
  keys(): string[];
  /** Of a message of the server itself, such as 503; 0 for all others. */
  readonly code: number;
  readonly description: string;
}

/** A message that came in. */
export interface Message {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
  readonly headers?: ReceivedHeaders;
  /** The payload as UTF-8 text. */
  string(): string;
  /** The payload read as JSON. @throws SyntaxError */
  json<T = unknown>(): T;
}

/** A subscription of a {@link Link}. */
export interface LinkSubscription {
  /** At once: messages on their way are not delivered. */
  unsubscribe(): void;
  /** Resolves when everything that was on its way was delivered; never when the server is away. */
  drain(): Promise<void>;
}

/** What happens to a connection that was made once. */
export type LinkEvent =
  | { kind: "disconnected" }
  /** A dial begins. */
  | { kind: "dialling" }
  | { kind: "reconnected" }
  /** The server refuses a subject; requests that it concerns were rejected too. */
  | { kind: "denied"; operation: "publish" | "subscribe"; subject: string; queue?: string }
  /** The server refused the login of a reconnect. */
  | { kind: "refused"; reason: string }
  | { kind: "error"; reason: string }
  /** The server is about to stop; the library goes to another one. */
  | { kind: "lame-duck" };

/** Answers to a login's challenge; nats.js merges the fields into its CONNECT. */
export type Authenticator = (nonce?: string) => object;

/** What a transport needs to connect. */
export interface LinkOptions {
  servers: readonly string[];
  authenticators: readonly Authenticator[];
  /** Undefined: in clear. Otherwise a server without TLS is refused. */
  tls?: { caFile?: string; ca?: string; servername?: string };
  name?: string;
  inboxPrefix?: string;
  /** For one dial. */
  timeoutMs: number;
  pingIntervalMs: number;
  /** Milliseconds to wait before the first dial after a disconnect, asked once for each. */
  firstDialDelayMs(): number;
  /** Milliseconds between later dials of one server. @throws to give up */
  dialDelayMs(): number;
  /** A server closed a dial, with these words unless they were lost. */
  onClosedDial(reason?: string): void;
  onEvent(event: LinkEvent): void;
}

/** One connection, in the same words for every line of nats.js. Its errors are {@link ClientError}s. */
export interface Link {
  publish(subject: string, data: Uint8Array, options?: { reply?: string; headers?: Headers }): void;
  request(subject: string, data: Uint8Array, options: { timeoutMs: number; headers?: Headers }): Promise<Message>;
  /** The callback must not throw. It gets an error once when the server refuses the subscription. */
  subscribe(
    subject: string,
    options: { queue?: string },
    callback: (error: ClientError | undefined, message: Message) => void,
  ): LinkSubscription;
  /** Resolves when the server has seen everything that was published before. */
  flush(): Promise<void>;
  /** A new inbox below the prefix. */
  newInbox(): string;
  close(): Promise<void>;
  /** Resolves when the connection is closed for good, with the reason when it was not {@link close}. */
  readonly closed: Promise<Error | undefined>;
  /** Largest payload that the server takes, headers included. */
  readonly maxPayload: number;
  /** `host:port` of the server. */
  readonly server: string;
  /** A key-value bucket that exists. */
  bucket(name: string): Promise<LinkBucket>;
  /** An object store that exists. */
  objects(name: string): Promise<LinkObjects>;
  /** The connection of nats.js itself. */
  readonly raw: unknown;
}

/** An entry of a key-value bucket. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: number;
  readonly operation: "put" | "delete" | "purge";
}

/** A key-value bucket. */
export interface LinkBucket {
  get(key: string): Promise<Entry | undefined>;
  /** @returns the entry's revision */
  put(key: string, value: Uint8Array): Promise<number>;
  /** Only when the key does not exist. */
  create(key: string, value: Uint8Array): Promise<number>;
  /** Only when the key has this revision. */
  update(key: string, value: Uint8Array, revision: number): Promise<number>;
  delete(key: string): Promise<void>;
  /** Yields what is there, then `ready` once, then what changes. */
  watch(filter: string | undefined): Promise<AsyncIterable<Entry> & { stop(): void }>;
  /** Entries that exist. */
  keys(filter?: string): Promise<AsyncIterable<string>>;
}

/** An object store. */
export interface LinkObjects {
  /** @returns bytes stored */
  put(name: string, data: ReadableStream<Uint8Array>): Promise<number>;
  /** Undefined when there is none. The stream ends or fails; it may stall. */
  get(
    name: string,
  ): Promise<{ size: number; data: ReadableStream<Uint8Array>; done: Promise<Error | null> } | undefined>;
  delete(name: string): Promise<void>;
  names(): Promise<string[]>;
}

/** A line of nats.js. */
export interface Transport {
  readonly name: string;
  /** Rejects with what the server or the system said. Leaves nothing behind then. */
  connect(options: LinkOptions): Promise<Link>;
}

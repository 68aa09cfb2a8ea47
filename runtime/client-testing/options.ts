import type { TestClaims } from "./users";

/** Subjects that a user may use, and those among them that it may not. */
export interface TestSubjects {
  allow?: readonly string[];
  deny?: readonly string[];
}

/** Rights of a user, in the words of natsform's environments. Without one of them everything is allowed. */
export interface TestUser {
  publish?: TestSubjects;
  subscribe?: TestSubjects;
  /** May answer requests that it got. */
  allowResponses?: boolean;
}

/** A stream of a test, with its durable pull consumers. */
export interface TestStream {
  name: string;
  subjects: readonly string[];
  consumers?: readonly string[];
}

export interface TestServerOptions {
  /**
   * The environment whose accounts, services, rights and streams the server has: the file that
   * `natsform subjects ENV --test-server --out FILE` wrote, or where natsform is installed `environments/ENV.ts` itself.
   */
  environment?: string;
  /** Whose `options()` are, where they name nobody: a service of the environment, one of `people` or of `users`. */
  as?: string;
  /** Holders of tokens, by the name that the test gives them: their rights follow from the claims. */
  people?: Readonly<Record<string, TestClaims>>;
  /** Without an environment: users with the rights that are given here. */
  users?: Readonly<Record<string, TestUser>>;
  /** Streams beside those of the environment, in its first account. */
  streams?: readonly TestStream[];
  /** Key-value buckets, by name, in the same account. */
  buckets?: readonly string[];
  /** @default the variable `NATS_SERVER`, then `nats-server` on `PATH` */
  program?: string;
}

/** Options for a `Client` of a test server. */
export interface TestClientOptions {
  servers: string;
  plaintext: "loopback";
  authentication: { kind: "user"; user: string; password: string };
  /** Of the user: a client that serves has to have one. */
  name: string;
  inboxPrefix?: string;
  /** A test wants its client back at once. */
  reconnectSpreadMs: number;
}

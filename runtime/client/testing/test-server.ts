import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../client";
import { startServer } from "./server-process";

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
  /** By name; a client that names none may do everything. */
  users?: Readonly<Record<string, TestUser>>;
  streams?: readonly TestStream[];
  /** Key-value buckets, by name. */
  buckets?: readonly string[];
  /** @default the variable `NATS_SERVER`, then `nats-server` on `PATH` */
  program?: string;
}

/** Options for a `Client` of a test server. */
export interface TestClientOptions {
  servers: string;
  plaintext: "loopback";
  authentication: { kind: "user"; user: string; password: string } | { kind: "none" };
  /** A test wants its client back at once. */
  reconnectSpreadMs: number;
}

/** A server for tests of a service. */
export interface TestServer {
  readonly url: string;
  /** @param user one of `users`. @throws Error for any other */
  options(user?: string): TestClientOptions;
  /** Stops it and starts it on the same port, with what it has stored. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a real nats-server on a free port of this machine, with JetStream in a folder of its own, which goes with it.
 *
 * @throws Error without nats-server, or for a stream that it refuses
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { users = {}, program = process.env.NATS_SERVER || "nats-server" } = options;
  const folder = mkdtempSync(join(tmpdir(), "natsform-test-"));
  const passwords = new Map(Object.keys(users).map((name) => [name, newPassword()]));
  const configuration = (port: number) => ({
    listen: `127.0.0.1:${port}`,
    jetstream: { store_dir: join(folder, "js") },
    authorization: {
      users: [
        { user: EVERYTHING, password: newPassword() },
        ...Object.entries(users).map(([name, user]) => userOf(name, passwords.get(name), user)),
      ],
    },
    no_auth_user: EVERYTHING,
  });
  let running: Awaited<ReturnType<typeof startServer>> | undefined;
  const stop = async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    running = await startServer(program, folder, configuration(-1));
    const { port } = running;
    const url = `nats://127.0.0.1:${port}`;
    const optionsOf = (user?: string): TestClientOptions => {
      const password = user === undefined ? undefined : passwords.get(user);
      if (user !== undefined && password === undefined) throw new Error(`the test server has no user ${user}`);
      const authentication =
        user === undefined || password === undefined
          ? ({ kind: "none" } as const)
          : ({ kind: "user", user, password } as const);
      return { servers: url, plaintext: "loopback", authentication, reconnectSpreadMs: 0 };
    };
    await make(new Client({ ...optionsOf(), tracing: false, requestTimeoutMs: 30_000 }), options);
    return {
      url,
      options: optionsOf,
      async restart() {
        await running?.stop();
        running = await startServer(program, folder, configuration(port));
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const EVERYTHING = "everything";
const newPassword = () => randomBytes(12).toString("hex");

const userOf = (user: string, password: string | undefined, { publish, subscribe, allowResponses }: TestUser) => ({
  user,
  password,
  permissions: {
    ...(publish && { publish }),
    ...(subscribe && { subscribe }),
    ...(allowResponses && { allow_responses: true }),
  },
});

/** Makes what is to be there before the test begins. */
async function make(client: Client, { streams = [], buckets = [] }: TestServerOptions): Promise<void> {
  const ask = async (request: string, body: object) => {
    const { error } = (await client.request(`$JS.API.${request}`, body)).json<{ error?: { description: string } }>();
    if (error) throw new Error(`${request}: ${error.description}`);
  };
  try {
    for (const { name, subjects, consumers = [] } of streams) {
      await ask(`STREAM.CREATE.${name}`, { name, subjects, storage: "file", retention: "limits" });
      for (const durable_name of consumers)
        await ask(`CONSUMER.DURABLE.CREATE.${name}.${durable_name}`, {
          stream_name: name,
          config: { durable_name, ack_policy: "explicit" },
        });
    }
    for (const bucket of buckets)
      await ask(`STREAM.CREATE.KV_${bucket}`, {
        name: `KV_${bucket}`,
        subjects: [`$KV.${bucket}.>`],
        ...{ storage: "file", retention: "limits", discard: "new" },
        ...{ max_msgs_per_subject: 1, allow_rollup_hdrs: true, deny_delete: true, allow_direct: true },
      });
  } finally {
    await client.close();
  }
}

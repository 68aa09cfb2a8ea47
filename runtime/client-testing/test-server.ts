import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeOwn, makeStream, withRights } from "./make";
import type { TestClientOptions, TestServerOptions } from "./options";
import { type Plan, planOf, unknownUser } from "./plan";
import { startServer } from "./server-process";

/** A server for tests of a service. */
export interface TestServer {
  readonly url: string;
  /**
   * Options for a client.
   *
   * @param user by name; without it, the option `as`, and without that somebody who may do everything
   * @throws Error for a name that is nobody's
   */
  options(user?: string): TestClientOptions;
  /** Options for a client that may do everything in an account. @default the environment's first account */
  everything(account?: string): TestClientOptions;
  /** Stops it and starts it on the same port, with what it has stored. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a real nats-server on a free port of this machine, with JetStream in a folder of its own, which goes with it.
 *
 * @throws Error without nats-server, for an environment that cannot be read, or for a stream that the server refuses
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { as, program = process.env.NATS_SERVER || "nats-server" } = options;
  const plan = planOf(options);
  const logins = loginsOf(plan);
  const folder = mkdtempSync(join(tmpdir(), "natsform-test-"));
  let running: Awaited<ReturnType<typeof startServer>> | undefined;
  const stop = async () => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const configuration = (port: number) => configurationOf(plan, logins, port, join(folder, "js"));
  try {
    running = await startServer(program, folder, configuration(-1));
    const { port } = running;
    const url = `nats://127.0.0.1:${port}`;
    const clientOf = (user: string, inboxPrefix?: string): TestClientOptions => ({
      servers: url,
      plaintext: "loopback",
      authentication: { kind: "user", user, password: logins.get(user) ?? "" },
      name: user,
      ...(inboxPrefix !== undefined && { inboxPrefix }),
      reconnectSpreadMs: 0,
    });
    const everything = (account = plan.account) => {
      if (!Object.hasOwn(plan.accounts, account)) throw new Error(`the test server has no account ${account}`);
      return clientOf(everythingIn(account));
    };

    for (const account of Object.keys(plan.accounts))
      await withRights(everything(account), async (ask) => {
        for (const stream of plan.streams) if (stream.account === account) await makeStream(ask, stream);
        if (account === plan.account) await makeOwn(ask, options);
      });
    return {
      url,
      everything,
      options(user = as) {
        if (user === undefined) return everything();
        const known = Object.hasOwn(plan.users, user) ? plan.users[user] : undefined;
        if (!known) throw new Error(unknownUser(user, plan));
        return clientOf(user, known.inboxPrefix);
      },
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

/** No user of an environment has a name like this one. */
const everythingIn = (account: string) => `everything-in-${account}`;

/** A password for each user. */
const loginsOf = ({ users, accounts }: Plan): Map<string, string> =>
  new Map(
    [...Object.keys(users), ...Object.keys(accounts).map(everythingIn)].map((name) => [
      name,
      randomBytes(12).toString("hex"),
    ]),
  );

function configurationOf(plan: Plan, logins: ReadonlyMap<string, string>, port: number, store_dir: string): object {
  const login = (user: string) => ({ user, password: logins.get(user) });
  return {
    listen: `127.0.0.1:${port}`,
    ...(plan.maxPayloadBytes !== undefined && { max_payload: plan.maxPayloadBytes }),
    // A stream of the environment may be larger than this machine: what it would keep is not counted in advance.
    jetstream: { store_dir, max_file: ROOM, max_mem: ROOM },
    accounts: Object.fromEntries(
      Object.entries(plan.accounts).map(([name, { jetstream, exports, imports }]) => [
        name,
        {
          ...(jetstream && { jetstream: "enabled" }),
          ...(exports && { exports }),
          ...(imports && { imports }),
          users: [
            login(everythingIn(name)),
            ...Object.entries(plan.users)
              .filter(([, { account }]) => account === name)
              .map(([user, { permissions }]) => ({ ...login(user), ...(permissions && { permissions }) })),
          ],
        },
      ]),
    ),
  };
}

const ROOM = 2 ** 50;

import { connect, nkeyAuthenticator } from "nats";
import { createAccount, createCurve, createUser } from "nkeys.js";
import { RESPONDER_PERMISSIONS } from "../../runtime/auth-callout/contract";
import { NatsClient } from "../../runtime/client";
import { RogueResponder } from "../support/attacks/rogue-responder";
import { type Issuer, startIssuer } from "../support/callout-issuer";
import { publicKeyOf, seedOf } from "../support/callout-keys";
import {
  freePort,
  makeCertificate,
  makeFolder,
  type NatsServer,
  removeFolder,
  startNatsServer,
} from "../support/callout-nats-server";
import { bundleCallout, type CalloutProgram, startCallout } from "../support/callout-program";
import { eventually } from "../support/eventually";

/**
 * Family S13 of docs/attacks.md: every seed of the callout is stolen, and all of them are changed on two servers of a
 * cluster, one after the other, while clients log in.
 */

const makeSeeds = () => ({ issuer: createAccount(), xkey: createCurve(), responder: createUser() });
type Seeds = ReturnType<typeof makeSeeds>;
const [stolen, fresh] = [makeSeeds(), makeSeeds()];
const permissions = JSON.stringify(RESPONDER_PERMISSIONS);
const rules = {
  mode: "callout",
  accounts: { APP: { id: "APP" } },
  permissions: [{ account: "APP", publish: { allow: ["user.{sub}.>"] }, subscribe: { allow: ["user.{sub}.>"] } }],
  services: {},
};

/** Long: on a busy machine the rogue responder, which has no native code, is slow. */
const PATIENCE_SECONDS = 15;

const folder = makeFolder();
const { certFile: caFile, keyFile } = makeCertificate(folder);
const stops: (() => Promise<unknown>)[] = [];
let issuer: Issuer;
let program: string;
let ports: Record<"a" | "b", { client: number; route: number }>;
let servers: string[];

beforeAll(async () => {
  program = bundleCallout(folder);
  issuer = await started(startIssuer());
  const pair = async () => ({ client: await freePort(), route: await freePort() });
  ports = { a: await pair(), b: await pair() };
  servers = [ports.a, ports.b].map(({ client }) => `tls://127.0.0.1:${client}`);
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  removeFolder(folder);
});

/** Stopped at the end, whatever happens. */
async function started<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const running = await starting;
  stops.push(() => running.stop());
  return running;
}

/** A member of the cluster that trusts these keys; resolves when it is connected to the other, if that runs. */
async function startServer(name: "a" | "b", seeds: Seeds, other?: NatsServer): Promise<NatsServer> {
  const peer = name === "a" ? ports.b : ports.a;
  const server = await started(
    startNatsServer(
      folder,
      `server_name: ${name}
       tls { cert_file: "${caFile}", key_file: "${keyFile}", timeout: 30 }
       cluster {
         name: core, pool_size: -1, listen: "127.0.0.1:${ports[name].route}"
         routes: ["nats-route://127.0.0.1:${peer.route}"]
       }
       system_account: SYS
       accounts { SYS {}, APP {}, AUTH { users: [{ nkey: ${publicKeyOf(seeds.responder)}, permissions: ${permissions} }] } }
       authorization {
         timeout: ${PATIENCE_SECONDS}
         auth_callout {
           issuer: ${publicKeyOf(seeds.issuer)}, xkey: ${publicKeyOf(seeds.xkey)}, account: AUTH
           auth_users: [${publicKeyOf(seeds.responder)}]
         }
       }`,
      ports[name].client,
    ),
  );
  if (other) await eventually("route", () => server.log().includes("Route connection created"), 60);
  return server;
}

/** A responder that logs in to one server and answers with the first of these keys, or with what a request names. */
async function startResponder(at: NatsServer, login: Seeds, ...known: Seeds[]): Promise<CalloutProgram> {
  const running = await started(
    startCallout(program, {
      NATS_SERVERS: at.url,
      NATS_CA_FILE: caFile,
      NATS_AUTH_NKEY_SEED: seedOf(login.responder),
      NATS_AUTH_ACCOUNT: "AUTH",
      NATS_AUTH_NKEY_ISSUER_SEED: known.map((seeds) => seedOf(seeds.issuer)).join(),
      NATS_AUTH_XKEY_ISSUER_SEED: known.map((seeds) => seedOf(seeds.xkey)).join(),
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: issuer.audience,
      AUTH_RULES: JSON.stringify(rules),
    }),
  );
  await running.ready();
  return running;
}

/** `admitted`, or why not. */
async function attempt(login: object, to: string[]): Promise<string> {
  try {
    const connection = await connect({ servers: to, tls: { caFile }, reconnect: false, timeout: 60_000, ...login });
    await connection.close();
    return "admitted";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Logs in again and again, as clients do that know both servers, until told to stop. */
function visit(token: string) {
  const visits = { admitted: 0, failed: [] as string[] };
  let isOver = false;
  const visiting = Promise.all(
    Array.from({ length: 3 }, async () => {
      while (!isOver) {
        const authentication = { kind: "token", token } as const;
        const client = new NatsClient({
          servers,
          caFile,
          authentication,
          connectTimeoutMs: 2 * PATIENCE_SECONDS * 1000,
        });
        await client.connection().then(
          () => visits.admitted++,
          (error: Error) => visits.failed.push(error.message),
        );
        await client.close();
      }
    }),
  );
  return async () => {
    isOver = true;
    await visiting;
    return visits;
  };
}

/** Whether somebody with these seeds can let anybody in, even into SYS. */
async function letsIn(at: NatsServer, seeds: Seeds): Promise<string> {
  const rogue = await RogueResponder.start({ url: at.url, caFile }, seeds);
  try {
    rogue.change = ({ user }) => ({ user: { ...user, aud: "SYS" } });
    return await attempt({ token: "anything" }, [at.url]);
  } finally {
    await rogue.stop();
  }
}

test("S13: stolen seeds open every account; they are changed without a failed login; then they open nothing", async () => {
  let a = await startServer("a", stolen);
  let b = await startServer("b", stolen, a);
  expect(await letsIn(b, stolen)).toBe("admitted");

  const first = await startResponder(b, stolen, stolen);
  const token = await issuer.token({});
  const leave = visit(token);
  stops.push(leave);

  // Responders first: they must know the new keys before any server does.
  const second = await startResponder(b, stolen, fresh, stolen);
  await first.stop();
  await a.stop();
  a = await startServer("a", fresh, b);
  const third = await startResponder(a, fresh, fresh, stolen);
  await second.stop();
  await b.stop();
  b = await startServer("b", fresh, a);
  const last = await startResponder(a, fresh, fresh);
  await third.stop();

  const { admitted, failed } = await leave();
  process.stdout.write(`S13: ${admitted} logins while the keys were changed, ${failed.length} failed\n`);
  expect(failed).toEqual([]);
  expect(admitted).toBeGreaterThan(10);
  for (const server of [a, b]) expect(await attempt({ token }, [server.url])).toBe("admitted");

  // The thief has no login, and with that of an insider his signature is worth nothing.
  const thief = { authenticator: nkeyAuthenticator(Buffer.from(seedOf(stolen.responder))) };
  for (const server of [a, b]) expect(await attempt(thief, [server.url])).toMatch(/Authorization Violation/i);
  await last.stop();
  for (const server of [a, b]) {
    expect(await letsIn(server, { ...fresh, issuer: stolen.issuer })).toMatch(/Authorization Violation/i);
    expect(await letsIn(server, fresh)).toBe("admitted");
  }
});

import { connect, headers, nkeyAuthenticator } from "nats";
import { createAccount, createCurve, createServer, createUser } from "nkeys.js";
import {
  RESPONDER_PERMISSIONS,
  SERVERS_ANSWER_PREFIX,
  SERVERS_REQUEST_SUBJECT,
} from "../../runtime/auth-callout/contract";
import { type Issuer, startIssuer } from "../support/callout-issuer";
import { publicKeyOf, requestClaims, seal, seedOf } from "../support/callout-keys";
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

/** Which servers the callout answers, and how it comes to know them. */

const keys = { issuer: createAccount(), xkey: createCurve(), server: createServer(), serverXkey: createCurve() };
const [responder, forger] = [createUser(), createUser()];
const permissions = JSON.stringify(RESPONDER_PERMISSIONS);
const rules = {
  mode: "callout",
  accounts: { APP: { id: "APP" } },
  permissions: [{ account: "APP", publish: { allow: ["user.{sub}.>"] }, subscribe: { allow: ["user.{sub}.>"] } }],
  services: {},
};

const folder = makeFolder();
const stops: (() => Promise<unknown>)[] = [];
let certificate: { certFile: string; keyFile: string };
let program: string;
let issuer: Issuer;

beforeAll(async () => {
  certificate = makeCertificate(folder);
  program = bundleCallout(folder);
  issuer = await started(startIssuer());
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

const configuration = (more: string) => `
  tls { cert_file: "${certificate.certFile}", key_file: "${certificate.keyFile}", timeout: 30 }
  accounts {
    AUTH { users: [{ nkey: ${publicKeyOf(responder)}, permissions: ${permissions} }, { nkey: ${publicKeyOf(forger)} }] }
    APP { users: [{ user: app, password: app }] }
  }
  ${more}`;
const callout = (more: string) =>
  configuration(`
  authorization {
    timeout: 15
    auth_callout {
      issuer: ${publicKeyOf(keys.issuer)}, xkey: ${publicKeyOf(keys.xkey)}, account: AUTH
      auth_users: [${publicKeyOf(responder)}, ${publicKeyOf(forger)}, app]
    }
  }
  ${more}`);

const startProgram = async (server: NatsServer, isReady = true): Promise<CalloutProgram> => {
  const running = await started(
    startCallout(program, {
      NATS_SERVERS: server.url,
      NATS_CA_FILE: certificate.certFile,
      NATS_AUTH_NKEY_SEED: seedOf(responder),
      NATS_AUTH_ACCOUNT: "AUTH",
      NATS_AUTH_NKEY_ISSUER_SEED: seedOf(keys.issuer),
      NATS_AUTH_XKEY_ISSUER_SEED: seedOf(keys.xkey),
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: issuer.audience,
      AUTH_RULES: JSON.stringify(rules),
    }),
  );
  if (isReady) await running.ready();
  return running;
};
const login = (server: NatsServer, credentials: object) =>
  connect({
    servers: server.url,
    tls: { caFile: certificate.certFile },
    reconnect: false,
    timeout: 20_000,
    ...credentials,
  });
const withSeed = (pair: typeof forger) => ({ authenticator: nkeyAuthenticator(Buffer.from(seedOf(pair))) });
const metric = async (running: CalloutProgram, labels: string) => {
  const { body } = await running.get("/metrics");
  return Number(new RegExp(`decisions_total\\{${labels}\\} (\\d+)`).exec(body)?.[1] ?? 0);
};

test("a server is known that the responder has no connection to, and its successor with a new key as well", async () => {
  const [routeA, routeB, clientB] = [await freePort(), await freePort(), await freePort()];
  const conf = (name: string, own: number, other: number) =>
    callout(`server_name: ${name}
      cluster { name: core, listen: "127.0.0.1:${own}", pool_size: -1, routes: ["nats-route://127.0.0.1:${other}"] }`);
  const a = await started(startNatsServer(folder, conf("a", routeA, routeB)));
  const running = await startProgram(a);
  const ids = new Set<string | undefined>();
  for (let life = 0; life < 2; life++) {
    const b = await started(startNatsServer(folder, conf("b", routeB, routeA), clientB));
    await eventually("a route", () => b.log().includes("Route connection created"), 60);
    // Until both know who listens where, nobody hears what it asks.
    await eventually(
      "a login",
      async () => {
        const connection = await login(b, { token: await issuer.token({}) }).catch(() => undefined);
        if (connection) ids.add(connection.info?.server_id);
        await connection?.close();
        return connection;
      },
      60,
    );
    await b.stop();
  }
  expect(ids.size).toBe(2);
  expect(await metric(running, 'verdict="refused",reason="unknown_server"')).toBe(0);
});

test("a request that is right in everything is not answered, if no server of ours signed it", async () => {
  // Only where the server itself does not ask can anybody publish on its subject.
  const server = await started(startNatsServer(folder, configuration("server_name: without-callout")));
  const running = await startProgram(server);
  const connection = await login(server, withSeed(forger));
  try {
    const ask = async (request: object, reply: string) => {
      const header = headers();
      header.set("Nats-Server-Xkey", publicKeyOf(keys.serverXkey));
      connection.publish("$SYS.REQ.USER.AUTH", seal(keys, request), { headers: header, reply });
    };
    const heard: string[] = [];
    connection.subscribe("$SYS._INBOX.>", { callback: (_, { subject }) => heard.push(subject) });
    const request = requestClaims(keys, { auth_token: await issuer.token({}) });
    await ask({ ...request, exp: request.exp + 60 }, "$SYS._INBOX.stranger.1");
    const refused = () => metric(running, 'verdict="refused",reason="unknown_server"');
    await eventually("refusal", async () => (await refused()) === 1, 60);
    await connection.flush();
    expect(heard).toEqual([]);
    expect(running.log()).toContain('"reason":"unknown_server"');

    // The control: the same from a server that has introduced itself, which this user of AUTH may pretend, but for the
    // responder's own user nobody may.
    const subject = await subjectOfAnswers(server);
    connection.publish(subject, JSON.stringify({ server: { id: publicKeyOf(keys.server) } }));
    await ask({ ...request, exp: request.exp + 60 }, "$SYS._INBOX.stranger.2");
    await eventually("answer", () => heard.length === 1);
    expect(heard).toEqual(["$SYS._INBOX.stranger.2"]);
  } finally {
    await connection.close();
  }
});

/** Where servers answer the responder: it shows in what the server knows of its connections. */
async function subjectOfAnswers(server: NatsServer): Promise<string> {
  const connection = await login(server, withSeed(forger));
  try {
    const options = { timeout: 20_000 };
    const answer = await connection.request("$SYS.REQ.ACCOUNT.PING.CONNZ", '{"subscriptions":true}', options);
    const { data } = answer.json<{ data: { connections: { subscriptions_list?: string[] }[] } }>();
    const subjects = data.connections.flatMap(({ subscriptions_list: list = [] }) => list);
    return subjects.find((subject) => subject.startsWith(`${SERVERS_ANSWER_PREFIX}.`)) ?? "none";
  } finally {
    await connection.close();
  }
}

test("nobody passes for a server: not with the responder's own seed, and not from another account", async () => {
  const server = await started(startNatsServer(folder, callout("server_name: introduced")));
  await startProgram(server);
  const subject = await subjectOfAnswers(server);
  expect(subject).not.toBe("none");
  const own = await login(server, withSeed(responder));
  const heard: string[] = [];
  try {
    own.subscribe(subject, { callback: (_, message) => heard.push(message.string()) });
    const refused = new Promise<string | undefined>((resolve) => {
      void (async () => {
        for await (const { type, permissionContext } of own.status())
          if (type === "error") resolve(permissionContext?.subject);
      })();
    });
    own.publish(subject, "forged");
    await own.flush();
    expect(await refused).toBe(subject);
    const app = await login(server, { user: "app", pass: "app" });
    app.publish(subject, "forged");
    await app.flush();
    await app.close();
    // A server is heard there.
    own.publish(SERVERS_REQUEST_SUBJECT, "", { reply: subject });
    await eventually("introduction", () => heard.length > 0);
    expect([...new Set(heard.map(serverOf))]).toEqual([own.info?.server_id]);
  } finally {
    await own.close();
  }
});

const serverOf = (text: string): unknown =>
  text === "forged" ? text : (JSON.parse(text) as { server: { id: string } }).server.id;

test("a responder that may not ask who the servers are is not ready, says why, and is once it may", async () => {
  const strict = callout("server_name: strict").replace(`"${SERVERS_REQUEST_SUBJECT}",`, "");
  const server = await started(startNatsServer(folder, strict));
  const running = await startProgram(server, false);
  await eventually("an explanation", async () =>
    (await running.get("/readyz")).body.includes(`"no NATS server has answered ${SERVERS_REQUEST_SUBJECT}"`),
  );
  server.reload(callout("server_name: strict"));
  await eventually("a login", async () => {
    const connection = await login(server, { token: await issuer.token({}) }).catch(() => undefined);
    await connection?.close();
    return connection;
  });
  await running.ready();
});

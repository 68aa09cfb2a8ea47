import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type ConnectionOptions, connect, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import type { JWTPayload } from "jose";
import { createAccount, createCurve, createUser } from "nkeys.js";
import { RESPONDER_PERMISSIONS } from "../../runtime/auth-callout/contract";
import { type Authentication, inboxPrefix, NatsClient } from "../../runtime/client";
import { type Issuer, startIssuer } from "../support/callout-issuer";
import { seedOf } from "../support/callout-keys";
import {
  makeCertificate,
  makeFolder,
  type NatsServer,
  removeFolder,
  startNatsServer,
} from "../support/callout-nats-server";
import { bundleCallout, type CalloutProgram, startCallout } from "../support/callout-program";
import { eventually } from "../support/eventually";

const [issuerKey, xkey] = [createAccount(), createCurve()];
const [responder, sys, orders, stranger] = [createUser(), createUser(), createUser(), createUser()] as const;
/** Long, so that even on a busy machine who is refused in half of it was refused by an answer. */
const PATIENCE_SECONDS = 60;
const AT_ONCE_MS = (PATIENCE_SECONDS * 1000) / 2;
/** For requests: one second, which is what they get otherwise, is short on a busy machine. */
const patient = { timeout: 20_000 };

const rules = {
  mode: "callout",
  accounts: { APP: { id: "APP" }, OPS: { id: "OPS" } },
  permissions: [
    {
      account: "OPS",
      when: [{ claim: "realm_access.roles", includes: "admin" }],
      publish: { allow: ["$SYS.REQ.USER.INFO"] },
      subscribe: { allow: ["ops.>"] },
    },
    {
      account: "APP",
      publish: { allow: ["orders.{sub}.>", "$SYS.REQ.USER.INFO"], deny: ["orders.{sub}.secret"] },
      subscribe: { allow: ["news.>", "teams.{teams}"] },
    },
  ],
  services: {
    [orders.getPublicKey()]: {
      name: "orders",
      account: "APP",
      publish: { allow: ["$SYS.REQ.USER.INFO"] },
      subscribe: { allow: ["orders.>"] },
      allowResponses: true,
    },
  },
};

const folder = makeFolder();
const stops: (() => Promise<unknown>)[] = [];
let certFile: string;
let configuration: string;
let program: string;
let issuer: Issuer;
let server: NatsServer;
let callout: CalloutProgram;

beforeAll(async () => {
  const certificate = makeCertificate(folder);
  certFile = certificate.certFile;
  program = bundleCallout(folder);
  issuer = await started(startIssuer());
  configuration = `
    server_name: callout-test
    tls { cert_file: "${certFile}", key_file: "${certificate.keyFile}", timeout: 30 }
    system_account: SYS
    accounts {
      SYS { users: [{ nkey: ${sys.getPublicKey()} }] }
      AUTH { users: [{ nkey: ${responder.getPublicKey()}, permissions: ${JSON.stringify(RESPONDER_PERMISSIONS)} }] }
      APP {}
      OPS {}
    }
    authorization {
      timeout: ${PATIENCE_SECONDS}
      auth_callout {
        issuer: ${issuerKey.getPublicKey()}, xkey: ${xkey.getPublicKey()}, account: AUTH
        auth_users: [${responder.getPublicKey()}, ${sys.getPublicKey()}]
        allowed_accounts: [AUTH, APP, OPS]
      }
    }`;
  server = await started(startNatsServer(folder, configuration));
  callout = await started(startCallout(program, variables()));
  await callout.ready();
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

function variables(changes: Record<string, string> = {}): Record<string, string> {
  return {
    NATS_SERVERS: server?.url ?? "",
    NATS_CA_FILE: certFile,
    NATS_AUTH_NKEY_SEED: seedOf(responder),
    NATS_AUTH_ACCOUNT: "AUTH",
    NATS_AUTH_NKEY_ISSUER_SEED: seedOf(issuerKey),
    NATS_AUTH_XKEY_ISSUER_SEED: seedOf(xkey),
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: issuer.audience,
    AUTH_RULES: JSON.stringify(rules),
    ...changes,
  };
}

/** Runs with a client of ours and closes it. */
async function as<T>(
  authentication: Authentication,
  run: (connection: NatsConnection) => Promise<T>,
  at = server,
): Promise<T> {
  const client = new NatsClient({ servers: at.url, caFile: certFile, authentication, connectTimeoutMs: AT_ONCE_MS });
  try {
    return await run(await client.connection());
  } finally {
    await client.close();
  }
}
const withToken = async (claims: JWTPayload = {}): Promise<Authentication> => ({
  kind: "token",
  token: await issuer.token(claims),
});
type WhoAmI = { permissions?: Record<string, Record<string, string[]>> };
/** What the server knows of the user; its lists come in any order. */
async function whoAmI(connection: NatsConnection): Promise<WhoAmI> {
  const { data } = (await connection.request("$SYS.REQ.USER.INFO", "", patient)).json<{ data: WhoAmI }>();
  for (const lists of Object.values(data.permissions ?? {}))
    for (const list of Object.values(lists)) if (Array.isArray(list)) list.sort();
  return data;
}

/** How a login that nats.js itself makes is refused, and after how long. */
async function refusal(options: ConnectionOptions, at = server): Promise<{ message: string; milliseconds: number }> {
  const start = Date.now();
  try {
    const connection = await connect({
      servers: at.url,
      tls: { caFile: certFile },
      reconnect: false,
      timeout: 2 * PATIENCE_SECONDS * 1000,
      ...options,
    });
    await connection.close();
    return { message: "admitted", milliseconds: Date.now() - start };
  } catch (error) {
    return { message: (error as Error).message, milliseconds: Date.now() - start };
  }
}
const refusedAtOnce = { message: "Authorization Violation", milliseconds: expect.any(Number) };
async function expectRefusedAtOnce(options: ConnectionOptions): Promise<void> {
  const refused = await refusal(options);
  expect(refused).toEqual(refusedAtOnce);
  expect(refused.milliseconds).toBeLessThan(AT_ONCE_MS);
}

/** What the server says to a subscription; undefined when it is allowed. */
async function subscribeError(
  connection: NatsConnection,
  subject: string,
  queue?: string,
): Promise<string | undefined> {
  let error: string | undefined;
  connection.subscribe(subject, {
    callback: (problem) => {
      error = problem?.message;
    },
    ...(queue && { queue }),
  });
  await connection.flush();
  return error;
}
/** What the server says to a message; undefined when it is allowed. */
async function publishError(connection: NatsConnection, subject: string): Promise<string | undefined> {
  const errors: string[] = [];
  void (async () => {
    // Others tell of servers that were discovered, whenever that is.
    for await (const status of connection.status()) if (status.type === "error") errors.push(status.error.message);
  })();
  connection.publish(subject);
  await connection.flush();
  // The server's complaint comes before the answer to the flush.
  await new Promise<void>((resolve) => setImmediate(resolve));
  return errors[0];
}

describe("the holder of a token", () => {
  test("is admitted with exactly the permissions of the rules", async () => {
    const teams = ["red", "a.b"];
    expect(await as(await withToken({ sub: "auth0|1", teams }), whoAmI)).toMatchObject({
      user: "user:auth0_7c1",
      account: "APP",
      permissions: {
        publish: { allow: ["$SYS.REQ.USER.INFO", "orders.auth0_7c1.>"], deny: ["orders.auth0_7c1.secret"] },
        subscribe: { allow: ["_INBOX.auth0_7c1.>", "news.>", "teams.a_2eb", "teams.red"] },
      },
    });
  });

  test("lands in the account of the first rule that applies", async () => {
    const admin = await as(await withToken({ realm_access: { roles: ["admin"] } }), whoAmI);
    expect(admin).toMatchObject({ account: "OPS", permissions: { subscribe: { allow: ["_INBOX.alice.>", "ops.>"] } } });
  });

  test("reaches no inbox but its own", async () => {
    await as(await withToken(), async (connection) => {
      expect(await subscribeError(connection, `${inboxPrefix("alice")}.>`)).toBeUndefined();
      for (const subject of ["_INBOX.>", `${inboxPrefix("bob")}.>`, "_INBOX.*.*", "_INBOX.*.>", "*.>", ">", "$SYS.>"])
        expect([subject, await subscribeError(connection, subject)]).toEqual([
          subject,
          expect.stringContaining("Permissions Violation"),
        ]);
    });
  });

  test("publishes to its own subjects only", async () => {
    await as(await withToken(), async (connection) => {
      expect(await publishError(connection, "orders.alice.created")).toBeUndefined();
      for (const subject of ["orders.alice.secret", "orders.bob.created", "$SYS.REQ.USER.AUTH", "_INBOX.bob.1"])
        expect([subject, await publishError(connection, subject)]).toEqual([
          subject,
          expect.stringContaining("Permissions Violation"),
        ]);
    });
  });

  test("may send the token as its password", async () => {
    const token = await issuer.token({});
    expect(await refusal({ user: "any", pass: token })).toMatchObject({ message: "admitted" });
  });

  test("is disconnected when the token ends", async () => {
    const exp = Math.floor(Date.now() / 1000) + 3;
    const connection = await connect({
      servers: server.url,
      tls: { caFile: certFile },
      reconnect: false,
      token: await issuer.token({ exp }),
    });
    await connection.closed();
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
    // Far from the hour that others may stay. A login that came only after its token's end may stay for the skew of clocks.
    expect(Date.now()).toBeLessThan((exp + 90) * 1000);
  });
});

describe("refused at once, with an answer", () => {
  test("a token with another signature", async () => {
    const token = await issuer.token({});
    const other = await issuer.token({ sub: "bob" });
    await expectRefusedAtOnce({ token: [...token.split(".").slice(0, 2), other.split(".")[2]].join(".") });
  });

  test.each<[string, JWTPayload]>([
    ["an expired token", { exp: 1 }],
    ["a token of another issuer", { iss: "https://other.example.com/" }],
    ["a token for somebody else", { aud: "other" }],
    ["a token without an end", { exp: undefined }],
    ["a sub that has no encoding", { sub: "a".repeat(300) }],
  ])("%s", async (_, claims) => expectRefusedAtOnce({ token: await issuer.token(claims) }));

  test("a token with an unknown key", async () =>
    expectRefusedAtOnce({ token: await issuer.token({}, { kid: "other" }) }));

  test("a system user with a wrong password, and a login without anything", async () => {
    await expectRefusedAtOnce({ user: "sys", pass: "sys" });
    await expectRefusedAtOnce({});
  });

  test("an unknown nkey", async () => {
    await expectRefusedAtOnce({ authenticator: nkeyAuthenticator(Buffer.from(seedOf(stranger))) });
  });

  test("the nkey of a service, signed by somebody else", async () => {
    const forged = (nonce?: string) => ({
      nkey: orders.getPublicKey(),
      sig: Buffer.from(stranger.sign(Buffer.from(nonce ?? ""))).toString("base64url"),
    });
    await expectRefusedAtOnce({ authenticator: forged });
  });
});

test("a service logs in with its nkey and answers a user in the user's private inbox", async () => {
  await as({ kind: "nkey", seed: seedOf(orders) }, async (service) => {
    expect(await whoAmI(service)).toMatchObject({ user: "orders", account: "APP" });
    service.subscribe("orders.>", { callback: (_, message) => void message.respond(message.subject) });
    await service.flush();
    await as(await withToken(), async (alice) => {
      expect((await alice.request("orders.alice.created", "", patient)).string()).toBe("orders.alice.created");
    });
  });
});

describe("the responder's user", () => {
  const login: Authentication = { kind: "nkey", seed: seedOf(responder) };

  test("cannot listen beside the responders, not even with its own seed", async () => {
    await as(login, async (connection) => {
      for (const [subject, queue] of [
        ["$SYS.REQ.USER.AUTH"],
        ["$SYS.REQ.USER.AUTH", "other"],
        [">"],
        ["$SYS.>"],
        ["_INBOX.>"],
      ] as const)
        expect(await subscribeError(connection, subject, queue)).toContain("Permissions Violation");
    });
  });

  test("cannot make a request of its own", async () => {
    await as(login, async (connection) => {
      expect(await publishError(connection, "$SYS.REQ.USER.AUTH")).toContain("Permissions Violation");
      expect(await publishError(connection, "anything")).toContain("Permissions Violation");
    });
  });
});

test("metrics count decisions by reason, and no log line holds a token", async () => {
  const token = await issuer.token({ aud: "other" });
  await expectRefusedAtOnce({ token });
  const { body } = await callout.get("/metrics");
  expect(body).toMatch(/auth_callout_decisions_total\{verdict="denied",reason="token_audience"\} [1-9]/);
  expect(body).toMatch(/auth_callout_duration_seconds_count\{verdict="admitted"\} [1-9]/);
  expect(body).toContain("auth_callout_nats_connected 1");
  expect(body).toMatch(/auth_callout_jwks_fetches_total\{result="success"\} [1-9]/);
  await eventually("log line of the server", () =>
    server.log().includes("callout service returned an error: token_audience"),
  );
  await eventually("log line of the callout", () => callout.log().includes('"reason":"token_audience"'));
  for (const part of token.split(".")) expect(callout.log() + server.log()).not.toContain(part);
});

describe("a responder that stops", () => {
  test("leaves the work to the others: no login fails", async () => {
    const second = await started(startCallout(program, variables()));
    await second.ready();
    let stopping: Promise<number | null> | undefined;
    for (let login = 0; login < 30; login++) {
      if (login === 10) stopping = second.stop();
      expect(await as(await withToken(), whoAmI)).toMatchObject({ user: "user:alice" });
    }
    expect(await stopping).toBe(0);
  });

  /** Stops a responder while a login waits for keys. `late`: their download was over before that was arranged. */
  async function stopInTheMiddle() {
    const slow = await started(startIssuer());
    slow.answerWith({ down: true });
    const alone = await started(startNatsServer(folder, configuration));
    const only = await started(startCallout(program, variables({ NATS_SERVERS: alone.url, OIDC_ISSUER: slow.url })));
    await eventually("a responder", async () => !(await only.get("/readyz")).body.includes("NATS"));
    let answer = () => {};
    slow.answerWith({ until: new Promise((resolve) => (answer = resolve)) });
    const sysLogin: Authentication = { kind: "nkey", seed: seedOf(sys) };
    const stopped = await as(
      sysLogin,
      async (operator) => {
        const [before, token] = [await deliveredToResponder(operator), await slow.token({})];
        // While keys are being downloaded a login waits for them.
        const downloads = slow.fetches();
        await eventually("download of keys", () => slow.fetches() > downloads);
        const failed = failures(only);
        const login = refusal({ token }, alone);
        await eventually("request in flight", async () => (await deliveredToResponder(operator)) > before);
        const exit = only.stop();
        await eventually("responder that stops", () => only.log().includes('"stopping"'));
        answer();
        return { login: await login, exit: await exit, late: failures(only) > failed };
      },
      alone,
    );
    return { ...stopped, log: only.log() };
  }
  const failures = (of: CalloutProgram) => of.log().split("keys could not be loaded").length;

  test("answers what it took before it ends, with exit code 0", async () => {
    let stopped = await stopInTheMiddle();
    // A download may take a second. One that a busy machine made longer says nothing.
    for (let again = 0; stopped.late && again < 5; again++) stopped = await stopInTheMiddle();
    expect(stopped).toMatchObject({ login: { message: "admitted" }, exit: 0 });
    expect(stopped.log).toMatch(/"stopping".*"verdict":"admitted".*"stopped"/s);
  });
});

/** Messages that the server has sent to its responder. */
async function deliveredToResponder(operator: NatsConnection): Promise<number> {
  const { data } = (await operator.request("$SYS.REQ.SERVER.PING.CONNZ", "", patient)).json<{
    data: { connections: { name?: string; out_msgs: number }[] };
  }>();
  return data.connections.find(({ name }) => name === "auth-callout")?.out_msgs ?? 0;
}

describe("with the callout down", () => {
  let alone: NatsServer;
  beforeAll(async () => {
    alone = await started(startNatsServer(folder, configuration));
  });

  test("operators get in as fast as ever", async () => {
    const start = Date.now();
    expect(await as({ kind: "nkey", seed: seedOf(sys) }, whoAmI, alone)).toMatchObject({ account: "SYS" });
    expect(Date.now() - start).toBeLessThan(AT_ONCE_MS);
  });

  test("everybody else is refused when the server's patience ends", async () => {
    const seconds = 3;
    const brief = configuration.replace(`timeout: ${PATIENCE_SECONDS}`, `timeout: ${seconds}`);
    const hasty = await started(startNatsServer(folder, brief));
    const refused = await refusal({ token: await issuer.token({}) }, hasty);
    expect(refused.message).not.toBe("admitted");
    expect(refused.milliseconds).toBeGreaterThan(seconds * 1000 - 100);
  });
});

describe("recovery", () => {
  test("a responder that starts before its server is not ready, and then is", async () => {
    const probe = await started(startNatsServer(folder, configuration));
    await probe.stop();
    const early = await started(startCallout(program, variables({ NATS_SERVERS: probe.url })));
    const { status, body } = await early.get("/readyz");
    expect([status, body]).toEqual([503, expect.stringContaining("NATS")]);
    expect((await early.get("/healthz")).status).toBe(200);
    await started(startNatsServer(folder, configuration, probe.port));
    await early.ready();
  });

  test("a responder whose issuer is down denies at once, is not ready, and recovers alone", async () => {
    const faulty = await started(startIssuer());
    faulty.answerWith({ down: true });
    const alone = await started(startNatsServer(folder, configuration));
    const early = await started(startCallout(program, variables({ NATS_SERVERS: alone.url, OIDC_ISSUER: faulty.url })));
    await eventually("a responder", async () => !(await early.get("/readyz")).body.includes("NATS"));
    expect(await early.get("/readyz")).toEqual({
      status: 503,
      body: JSON.stringify({ status: "not ready", problems: ["the issuer's keys are not loaded"] }),
    });
    const refused = await refusal({ token: await faulty.token({}) }, alone);
    expect(refused).toEqual(refusedAtOnce);
    expect(refused.milliseconds).toBeLessThan(AT_ONCE_MS);
    await eventually("log line", () => early.log().includes("jwks_unavailable"));

    faulty.answerWith(undefined);
    await early.ready();
    expect(await refusal({ token: await faulty.token({}) }, alone)).toMatchObject({ message: "admitted" });
  });

  test("a responder that may not listen says so, and listens once it may", async () => {
    const strict = configuration.replace('"$SYS.REQ.USER.AUTH auth-callout"', '"nothing"');
    const alone = await started(startNatsServer(folder, strict));
    const refused = await started(startCallout(program, variables({ NATS_SERVERS: alone.url })));
    await eventually("an explanation", async () =>
      (await refused.get("/readyz")).body.includes("Permissions Violation for Subscription"),
    );
    alone.reload(configuration);
    await refused.ready();
    expect(await refusal({ token: await issuer.token({}) }, alone)).toMatchObject({ message: "admitted" });
  });

  test("a server that restarts finds its responder again", async () => {
    const first = await started(startNatsServer(folder, configuration));
    const faithful = await started(startCallout(program, variables({ NATS_SERVERS: first.url })));
    await faithful.ready();
    await first.stop();
    await eventually("a responder that is not ready", async () => (await faithful.get("/readyz")).status === 503);
    const again = await started(startNatsServer(folder, configuration, first.port));
    await faithful.ready();
    expect(await refusal({ token: await issuer.token({}) }, again)).toMatchObject({ message: "admitted" });
  });
});

test("a wrong environment ends the program with all that is wrong with it", async () => {
  const env = variables({ NATS_SERVERS: "nats://127.0.0.1:4222", HTTP_PORT: "x" });
  await expect(promisify(execFile)(process.execPath, [program], { env })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is wrong:\n {2}NATS_SERVERS .* write tls:.*\n {2}HTTP_PORT must be a whole number/),
  });
});

import { readFileSync } from "node:fs";
import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import { createAccount, createCurve, createUser, type KeyPair } from "nkeys.js";
import { RESPONDER_PERMISSIONS } from "../../runtime/auth-callout/contract";
import { AuthRules } from "../../runtime/auth-callout/rules";
import { signingKey } from "../../runtime/nkeys/nkey";
import { Crowd, lowerPriority } from "../support/attacks/crowd";
import { rawNats } from "../support/attacks/raw";
import { type Answer, RogueResponder } from "../support/attacks/rogue-responder";
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

/** Families T13 and X4 to X8 of docs/attacks.md, against a real server and the callout as it is deployed. */

const [issuerKey, xkey] = [createAccount(), createCurve()];
const [responder, sys, open, leaf] = [createUser(), createUser(), createUser(), createUser()];
/** Long: who is refused here is refused by an answer, and on a busy machine a responder without native code is slow. */
const PATIENCE_SECONDS = 15;
const rules = {
  mode: "callout",
  accounts: { APP: { id: "APP" } },
  permissions: [{ account: "APP", publish: { allow: ["user.{sub}.>"] }, subscribe: { allow: ["user.{sub}.>"] } }],
  services: {},
};

const folder = makeFolder();
const stops: (() => Promise<unknown>)[] = [];
let caFile: string;
let issuer: Issuer;
let server: NatsServer;
let callout: CalloutProgram;
let leafPort: number;
let conf: (allowed?: string) => string;
let program: string;
let variables: (at: NatsServer) => Record<string, string>;

beforeAll(async () => {
  const { certFile, keyFile } = makeCertificate(folder);
  caFile = certFile;
  leafPort = await freePort();
  // As natsform renders it, with one user more who may do everything in APP.
  conf = (allowed = "") => `
    server_name: attacked
    max_control_line: 24KB
    tls { cert_file: "${certFile}", key_file: "${keyFile}", timeout: 30 }
    system_account: SYS
    accounts {
      SYS { users: [{ nkey: ${publicKeyOf(sys)} }] }
      AUTH { users: [{ nkey: ${publicKeyOf(responder)}, permissions: ${JSON.stringify(RESPONDER_PERMISSIONS)} }] }
      APP { users: [{ nkey: ${publicKeyOf(open)} }, { nkey: ${publicKeyOf(leaf)} }] }
    }
    authorization {
      timeout: ${PATIENCE_SECONDS}
      auth_callout {
        issuer: ${publicKeyOf(issuerKey)}, xkey: ${publicKeyOf(xkey)}, account: AUTH
        auth_users: [${[responder, sys, open, leaf].map(publicKeyOf).join(", ")}]
        ${allowed}
      }
    }`;
  issuer = await started(startIssuer());
  server = await started(startNatsServer(folder, `${conf()}\nleafnodes { host: "127.0.0.1", port: ${leafPort} }\n`));
  variables = (at) => ({
    NATS_SERVERS: at.url,
    NATS_CA_FILE: caFile,
    NATS_AUTH_NKEY_SEED: seedOf(responder),
    NATS_AUTH_ACCOUNT: "AUTH",
    NATS_AUTH_NKEY_ISSUER_SEED: seedOf(issuerKey),
    NATS_AUTH_XKEY_ISSUER_SEED: seedOf(xkey),
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: issuer.audience,
    AUTH_RULES: JSON.stringify(rules),
  });
  program = bundleCallout(folder);
  callout = await started(startCallout(program, variables(server)));
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

const options = (at = server) => ({ servers: at.url, tls: { caFile }, reconnect: false, timeout: 20_000 });
const nkey = (pair: KeyPair) => ({ authenticator: nkeyAuthenticator(new TextEncoder().encode(seedOf(pair))) });

/** Runs with a connection and closes it. */
async function as<T>(login: object, run: (connection: NatsConnection) => Promise<T>, at = server): Promise<T> {
  const connection = await connect({ ...options(at), ...login });
  try {
    return await run(connection);
  } finally {
    await connection.close();
  }
}
/** `admitted`, or why not, and after how long. */
async function attempt(login: object, at = server): Promise<{ result: string; milliseconds: number }> {
  const start = performance.now();
  const result = await as(login, async () => "admitted", at).catch((error: Error) => error.message);
  return { result, milliseconds: performance.now() - start };
}
const decisions = async (verdict: string, of = callout): Promise<number> => {
  const { body } = await of.get("/metrics");
  const counts = [...body.matchAll(new RegExp(`decisions_total{verdict="${verdict}"[^}]*} (\\d+)`, "g"))];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
};
const admissions = (of: CalloutProgram) => decisions("admitted", of);
/** What {@link handlingMs} saw last. */
const handled = new WeakMap<CalloutProgram, { seconds: number; count: number }>();
const expectGoodLogin = async () => expect((await attempt({ token: await issuer.token({}) })).result).toBe("admitted");

describe("T13: over the wire", () => {
  test.each([
    ["17 KB, which the callout denies", 17_000, /Authorization Violation/i],
    ["64 KB, which the server cuts off", 64 * 1024, /maximum control line|closed|ECONNRESET|EPIPE|disconnect/i],
    ["900 KB", 900_000, /maximum control line|closed|ECONNRESET|EPIPE|disconnect/i],
    ["5 MB", 5_000_000, /maximum control line|closed|ECONNRESET|EPIPE|disconnect/i],
  ])("a token of %s admits nobody, and the next client gets in", async (_, size, why) => {
    const [header, , signature] = (await issuer.token({})).split(".");
    expect((await attempt({ token: `${header}.${"A".repeat(size)}.${signature}` })).result).toMatch(why);
    await expectGoodLogin();
  });
});

describe("X4: of the answers that a responder could give", () => {
  let rogue: RogueResponder;
  let alone: NatsServer;
  beforeAll(async () => {
    alone = await started(startNatsServer(folder, conf()));
    rogue = await started(RogueResponder.start({ url: alone.url, caFile }, { responder, issuer: issuerKey, xkey }));
  });
  /** A connection that the server closes while the client writes is reset, and the reason is lost: then it is asked again. */
  const answered = (change: (answer: Answer) => Partial<Answer>) => {
    rogue.change = change;
    return eventually("the server's word", async () => {
      const { result } = await attempt({ token: "anything" }, alone);
      return !/ECONNRESET|EPIPE/.test(result) && result;
    });
  };
  const past = Math.floor(Date.now() / 1000) - 60;
  const other = createUser().getPublicKey();
  const ISSUER_ACCOUNT = createAccount().getPublicKey();
  const otherServer = `N${"A".repeat(55)}`;

  test("the right one admits, so that a refusal is for what was changed", async () => {
    expect(await answered(() => ({}))).toBe("admitted");
  });

  test.each<[string, (answer: Answer) => Partial<Answer>]>([
    ["for another server", ({ response }) => ({ response: { ...response, aud: otherServer } })],
    ["for another user nkey", ({ response }) => ({ response: { ...response, sub: other } })],
    ["with a user of another nkey", ({ user }) => ({ user: { ...user, sub: other } })],
    ["that has expired", ({ response }) => ({ response: { ...response, exp: past } })],
    ["with a user that has expired", ({ user }) => ({ user: { ...user, exp: past } })],
    ["with a user that another issuer signed", () => ({ userSigner: createAccount() })],
    ["with a user in an account that does not exist", ({ user }) => ({ user: { ...user, aud: "NOWHERE" } })],
    ["sealed to another server", () => ({ sealTo: createCurve().getPublicKey() })],
    [
      "with a user that names an issuer account",
      ({ user }) => ({ user: { ...user, nats: { ...(user.nats as object), issuer_account: ISSUER_ACCOUNT } } }),
    ],
  ])("one %s is refused by the server", async (_, change) => {
    expect(await answered(change)).toMatch(/Authorization Violation/i);
  });

  // What the server does not check: why nobody but the responder may answer, and why the seeds are worth so much.
  test.each<[string, (answer: Answer) => Partial<Answer>]>([
    ["in clear", () => ({ sealTo: undefined })],
    ["in an envelope that another account signed", () => ({ responseSigner: createAccount() })],
    [
      "that names an issuer account",
      ({ response }) => ({ response: { ...response, nats: { ...response.nats, issuer_account: ISSUER_ACCOUNT } } }),
    ],
    ["with a user in SYS", ({ user }) => ({ user: { ...user, aud: "SYS" } })],
  ])("one %s is accepted by the server", async (_, change) => {
    expect(await answered(change)).toBe("admitted");
  });

  test("one with a user in SYS is accepted even by a server that lists other accounts as allowed", async () => {
    const strict = await started(startNatsServer(folder, conf("allowed_accounts: [AUTH, APP]")));
    const second = await started(
      RogueResponder.start({ url: strict.url, caFile }, { responder, issuer: issuerKey, xkey }),
    );
    second.change = ({ user }) => ({ user: { ...user, aud: "SYS" } });
    expect((await attempt({ token: "anything" }, strict)).result).toBe("admitted");
  });
});

/** What the server says to a subscription; undefined when it is allowed. */
async function subscribeError(connection: NatsConnection, subject: string, queue?: string) {
  let error: string | undefined;
  connection.subscribe(subject, { callback: (problem) => (error = problem?.message), ...(queue && { queue }) });
  await connection.flush();
  return error;
}

describe("X5: logins of others", () => {
  test.each([
    ["the responder's own seed", responder, "$SYS.REQ.USER.AUTH", undefined],
    ["the responder's own seed and another queue", responder, "$SYS.REQ.USER.AUTH", "spies"],
    ["the responder's own seed and a wildcard", responder, "$SYS.REQ.USER.*", "auth-callout"],
    ["the responder's own seed and everything", responder, ">", undefined],
  ])("cannot be listened to with %s", async (_, pair, subject, queue) => {
    await as(nkey(pair), async (connection) =>
      expect(await subscribeError(connection, subject, queue)).toContain("Permissions Violation"),
    );
  });

  test("are not heard in an account beside AUTH, by a user who may hear everything there", async () => {
    await as(nkey(open), async (connection) => {
      const heard: string[] = [];
      for (const subject of ["$SYS.REQ.USER.AUTH", "$SYS.>", ">"])
        connection.subscribe(subject, { callback: (_, { subject: on }) => heard.push(on) });
      await connection.flush();
      const before = await decisions("admitted");
      await expectGoodLogin();
      await eventually("decision", async () => (await decisions("admitted")) > before);
      await connection.flush();
      expect(heard).toEqual([]);
    });
  });

  test("cannot be given by rules that place users in AUTH or SYS", () => {
    for (const id of ["AUTH", "SYS", "$SYS", "$G", "auth"])
      expect(AuthRules.safeParse({ ...rules, accounts: { APP: { id } } }).success).toBe(false);
  });
});

describe("X6: a request that no server made", () => {
  test.each([
    ["the responder's user", responder],
    ["a user of APP who may do everything", open],
    ["the system user", sys],
  ])("never reaches the callout from %s", async (_, pair) => {
    const before = await decisions("refused");
    await as(nkey(pair), async (connection) => {
      connection.publish("$SYS.REQ.USER.AUTH", "forged");
      await connection.flush();
    });
    // A login goes the same way behind it: when that was decided, the other would have been.
    await expectGoodLogin();
    expect(await decisions("refused")).toBe(before);
  });

  test("never reaches the callout over a leaf node", async () => {
    const remote = await started(
      startNatsServer(
        folder,
        `leafnodes { remotes: [{ url: "nats-leaf://127.0.0.1:${leafPort}", nkey: ${JSON.stringify(seedOf(leaf))} }] }`,
      ),
    );
    await eventually("leaf connection", () => remote.log().includes("Leafnode connection created"));
    const before = await decisions("refused");
    const connection = await connect({ servers: remote.url, reconnect: false });
    try {
      await as(nkey(open), async (inHub) => {
        const arrived = new Promise<void>((resolve) => inHub.subscribe("marker", { callback: () => resolve() }));
        await inHub.flush();
        await eventually("way through the leaf node", async () => {
          connection.publish("$SYS.REQ.USER.AUTH", "forged");
          connection.publish("marker");
          await connection.flush();
          return Promise.race([arrived.then(() => true), new Promise<false>((no) => setImmediate(no, false))]);
        });
      });
    } finally {
      await connection.close();
    }
    await expectGoodLogin();
    expect(await decisions("refused")).toBe(before);
  });
});

describe("X7: the callout", () => {
  /** Long enough for everybody to be there on a busy machine, and with a callout that reads nothing meanwhile. */
  const patient = (seconds: number) =>
    `${conf().replace(`timeout: ${PATIENCE_SECONDS}`, `timeout: ${seconds}`)}\nwrite_deadline: "60s"\n`;
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

  /**
   * Milliseconds of a few logins of the system user, none of which is refused: from the first byte to the server's PONG.
   * Without nkeys.js, which takes longer for its signature than all the rest.
   */
  const operatorLogins = async (at: NatsServer) => {
    const [key, ca, times] = [signingKey("U", seedOf(sys)), readFileSync(caFile), [] as number[]];
    for (let i = 0; i < 9; i++) {
      const start = performance.now();
      const connection = await rawNats(at.port, { ca, servername: "localhost" });
      const { nonce } = JSON.parse(connection.info.slice("INFO ".length)) as { nonce: string };
      const sig = key?.sign(nonce).toString("base64url");
      connection.send(`CONNECT ${JSON.stringify({ nkey: key?.publicKey, sig, protocol: 1 })}\r\nPING\r\n`);
      expect(await connection.until(/PONG|-ERR.*/)).toContain("PONG");
      times.push(performance.now() - start);
      connection.end();
    }
    return times;
  };
  /** Messages that the server has handed to its responders. */
  const sentToCallout = async (operator: NatsConnection) => {
    const answer = await operator.request("$SYS.REQ.SERVER.PING.CONNZ", "", { timeout: 20_000 });
    const { data } = answer.json<{ data: { connections: { name?: string; out_msgs: number }[] } }>();
    return data.connections
      .filter(({ name }) => name === "auth-callout")
      .reduce((sum, { out_msgs: messages }) => sum + messages, 0);
  };

  test("stopped dead with 2,000 logins waiting keeps no operator out; then it recovers alone, and lets them in", async () => {
    const count = 2000;
    const own = await started(startNatsServer(folder, patient(300)));
    const only = await started(startCallout(program, variables(own)));
    await only.ready();
    const login = JSON.stringify({ auth_token: await issuer.token({}), tls_required: true, protocol: 1, lang: "raw" });
    const crowd = Crowd.start(folder, { port: own.port, ca: readFileSync(caFile, "utf8"), login, count, kind: "wait" });
    stops.push(() => crowd.stop());
    await eventually("crowd", async () => (await crowd.report()).connected >= count, 150);
    const quiet = await operatorLogins(own);
    only.signal("SIGSTOP");
    let arriving: number[] = [];
    let waiting: number[] = [];
    try {
      await as(
        nkey(sys),
        async (operator) => {
          crowd.logIn();
          await eventually("logins", async () => (await crowd.report()).sent === count, 60);
          arriving = await operatorLogins(own);
          await eventually("requests", async () => (await sentToCallout(operator)) >= count, 60);
        },
        own,
      );
      waiting = await operatorLogins(own);
      // All of them were waiting all the time.
      expect(await crowd.report()).toMatchObject({ sent: count, admitted: 0, refused: 0 });
    } finally {
      only.signal("SIGCONT");
    }
    const start = performance.now();
    await eventually("end of the queue", async () => (await crowd.report()).admitted === count, 120);
    const seconds = (performance.now() - start) / 1000;
    const ms = (values: number[]) => `${median(values).toFixed(0)} ms (longest ${Math.max(...values).toFixed(0)})`;
    process.stdout.write(
      `X7: the system user gets in within ${ms(quiet)} in quiet, ${ms(arriving)} while ${count} logins arrive, ${ms(waiting)} while all of them wait; ` +
        `the queue was gone ${seconds.toFixed(1)} s after the callout came back\n`,
    );
    await crowd.stop();
  });

  test("killed with logins in its hands: those wait in vain, nobody is let in for it, and the other one takes over", async () => {
    const own = await started(startNatsServer(folder, patient(4)));
    const [victim, other] = [
      await started(startCallout(program, variables(own))),
      await started(startCallout(program, variables(own))),
    ];
    for (const one of [victim, other]) await one.ready();
    const token = await issuer.token({});
    const logins = await as(
      nkey(sys),
      async (operator) => {
        const before = await sentToCallout(operator);
        // It takes requests and is silent, as one that is busy with a token that will be its end.
        victim.signal("SIGSTOP");
        const all = Array.from({ length: 24 }, () => attempt({ token }, own));
        await eventually("requests", async () => (await sentToCallout(operator)) >= before + all.length, 60);
        return all;
      },
      own,
    );
    victim.signal("SIGKILL");
    expect((await attempt(nkey(sys), own)).result).toBe("admitted");
    const results = (await Promise.all(logins)).map(({ result }) => result);
    const lost = results.filter((result) => result !== "admitted");
    expect(lost.length).toBeGreaterThan(0);
    expect(results.length - lost.length).toBeLessThanOrEqual(await admissions(other));
    // The other words are for who came so late to a busy server that its time was up before it asked.
    for (const result of lost) expect(result).toMatch(/Authorization Violation|Authentication Timeout/i);
    for (const _ of lost) expect((await attempt({ token }, own)).result).toBe("admitted");
  });
});

test("X8: a flood of bad tokens at another server of the cluster leaves good logins as they were", async () => {
  const [routeA, routeB] = [await freePort(), await freePort()];
  const member = (name: string, own: number, other: number) =>
    conf().replace(
      "server_name: attacked",
      `server_name: ${name}, cluster { name: core, listen: "127.0.0.1:${own}", pool_size: -1, routes: ["nats-route://127.0.0.1:${other}"] }`,
    );
  // TLS is where the time of a flood goes: a server of its own, below all others, leaves the callout alone in common.
  const quietServer = await started(startNatsServer(folder, member("a", routeA, routeB)));
  const flooded = await started(startNatsServer(folder, member("b", routeB, routeA)));
  lowerPriority(flooded.pid);
  const only = await started(startCallout(program, variables(quietServer)));
  await only.ready();
  const [token, other] = [await issuer.token({}), await issuer.token({ sub: "bob" })];
  await eventually("route", async () => (await attempt({ token }, flooded)).result === "admitted", 60);

  const goodLogins = async () => {
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      const { result, milliseconds } = await attempt({ token }, quietServer);
      expect(result).toBe("admitted");
      times.push(milliseconds);
    }
    return times.sort((a, b) => a - b)[20] ?? Number.NaN;
  };
  const quiet = { login: await goodLogins(), own: await handlingMs(only) };
  const forged = [...token.split(".").slice(0, 2), other.split(".")[2]].join(".");
  const login = JSON.stringify({ auth_token: forged, tls_required: true, protocol: 1, lang: "raw" });
  const order = { port: flooded.port, ca: readFileSync(caFile, "utf8"), login, count: 16, kind: "flood" as const };
  const crowd = Crowd.start(folder, order);
  stops.push(() => crowd.stop());
  await eventually("flood", async () => (await crowd.report()).refused > 20, 90);
  const [before, start] = [await crowd.report(), performance.now()];
  const beside = { login: await goodLogins(), own: 0 };
  const [after, seconds] = [await crowd.report(), (performance.now() - start) / 1000];
  await crowd.stop();
  beside.own = await handlingMs(only);
  process.stdout.write(
    `X8: beside ${((after.refused - before.refused) / seconds).toFixed(0)} bad tokens a second a good login takes ${beside.login.toFixed(1)} ms, in quiet ${quiet.login.toFixed(1)} ms (median); ` +
      `a decision takes the callout ${beside.own.toFixed(2)} ms, in quiet ${quiet.own.toFixed(2)} ms (mean)\n`,
  );
  expect(after.admitted).toBe(0);
});

/** Mean time of a decision since the last call, in milliseconds. */
async function handlingMs(one: CalloutProgram): Promise<number> {
  const { body } = await one.get("/metrics");
  const sum = (what: string) =>
    [...body.matchAll(new RegExp(`duration_seconds_${what}\\{[^}]*\\} ([\\d.e+-]+)`, "g"))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  const [seconds, count] = [sum("sum"), sum("count")];
  const last = handled.get(one) ?? { seconds: 0, count: 0 };
  handled.set(one, { seconds, count });
  return (1000 * (seconds - last.seconds)) / (count - last.count);
}

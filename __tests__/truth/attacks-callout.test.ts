import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import { createAccount, createCurve, createUser, type KeyPair } from "nkeys.js";
import { RESPONDER_PERMISSIONS } from "../../runtime/auth-callout/contract";
import { AuthRules } from "../../runtime/auth-callout/rules";
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
  waitFor,
} from "../support/callout-nats-server";
import { bundleCallout, type CalloutProgram, startCallout } from "../support/callout-program";

/** Families T13 and X4 to X8 of docs/attacks.md, against a real server and the callout as it is deployed. */

const [issuerKey, xkey] = [createAccount(), createCurve()];
const [responder, sys, open, leaf] = [createUser(), createUser(), createUser(), createUser()];
const PATIENCE_SECONDS = 2;
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

beforeAll(async () => {
  const { certFile, keyFile } = makeCertificate(folder);
  caFile = certFile;
  leafPort = await freePort();
  // As natsform renders it, with one user more who may do everything in APP.
  conf = (allowed = "") => `
    server_name: attacked
    max_control_line: 24KB
    tls { cert_file: "${certFile}", key_file: "${keyFile}" }
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
  const variables = {
    NATS_SERVERS: server.url,
    NATS_CA_FILE: caFile,
    NATS_AUTH_NKEY_SEED: seedOf(responder),
    NATS_AUTH_ACCOUNT: "AUTH",
    NATS_AUTH_NKEY_ISSUER_SEED: seedOf(issuerKey),
    NATS_AUTH_XKEY_ISSUER_SEED: seedOf(xkey),
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: issuer.audience,
    AUTH_RULES: JSON.stringify(rules),
  };
  callout = await started(startCallout(bundleCallout(folder), variables));
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
const decisions = async (verdict: string): Promise<number> => {
  const { body } = await callout.get("/metrics");
  const counts = [...body.matchAll(new RegExp(`decisions_total{verdict="${verdict}"[^}]*} (\\d+)`, "g"))];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
};
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
  const answered = async (change: (answer: Answer) => Partial<Answer>) => {
    rogue.change = change;
    return (await attempt({ token: "anything" }, alone)).result;
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
      await waitFor("decision", async () => (await decisions("admitted")) > before);
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
    await waitFor("leaf connection", () => remote.log().includes("Leafnode connection created"));
    const before = await decisions("refused");
    const connection = await connect({ servers: remote.url, reconnect: false });
    try {
      await as(nkey(open), async (inHub) => {
        const arrived = new Promise<void>((resolve) => inHub.subscribe("marker", { callback: () => resolve() }));
        await inHub.flush();
        await waitFor("way through the leaf node", async () => {
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

test("X7: with the callout stopped dead and 150 logins waiting, the system user gets in; then it recovers alone", async () => {
  const token = await issuer.token({});
  callout.child.kill("SIGSTOP");
  let waiting: Promise<{ result: string }[]> | undefined;
  try {
    waiting = Promise.all(Array.from({ length: 150 }, () => attempt({ token })));
    const operator = await attempt(nkey(sys));
    process.stdout.write(`X7: the system user got in after ${operator.milliseconds.toFixed(0)} ms\n`);
    expect(operator.result).toBe("admitted");
    // Nobody is let in for want of an answer.
    expect([...new Set((await waiting).map(({ result }) => result))]).not.toContain("admitted");
  } finally {
    callout.child.kill("SIGCONT");
    await waiting;
  }
  await callout.ready();
  await expectGoodLogin();
});

test("X8: beside a flood of bad tokens good ones still get in", async () => {
  const [token, other] = [await issuer.token({}), await issuer.token({ sub: "bob" })];
  const forged = [...token.split(".").slice(0, 2), other.split(".")[2]].join(".");
  const goodLogins = async (count: number) => {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const { result, milliseconds } = await attempt({ token });
      expect(result).toBe("admitted");
      times.push(milliseconds);
    }
    return times.sort((a, b) => a - b)[Math.floor(count / 2)] ?? 0;
  };
  const quiet = await goodLogins(20);
  let flooding = true;
  const results = new Map<string, number>();
  const flood = Array.from({ length: 8 }, async () => {
    while (flooding) {
      const { result } = await attempt({ token: forged });
      results.set(result, (results.get(result) ?? 0) + 1);
    }
  });
  const start = performance.now();
  let under = 0;
  try {
    under = await goodLogins(40);
  } finally {
    flooding = false;
    await Promise.all(flood);
  }
  const bad = [...results.values()].reduce((sum, count) => sum + count, 0);
  const rate = bad / ((performance.now() - start) / 1000);
  process.stdout.write(
    `X8: a good login takes ${quiet.toFixed(0)} ms in quiet, ${under.toFixed(0)} ms beside ${rate.toFixed(0)} bad ones a second (median, one process makes all of them)\n`,
  );
  expect([...results.keys()]).not.toContain("admitted");
  expect(bad).toBeGreaterThan(0);
});

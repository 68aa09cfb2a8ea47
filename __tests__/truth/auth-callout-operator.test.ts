import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import type { JWTPayload } from "jose";
import { connect, credsAuthenticator, type NatsConnection } from "nats";
import { createAccount, createCurve, createOperator, createUser, type KeyPair } from "nkeys.js";
import { RESPONDER_PERMISSIONS } from "../../runtime/auth-callout/contract";
import { type Authentication, NatsClient } from "../../runtime/client";
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

const operator = createOperator();
const [sysAccount, calloutAccount, app, appSigner, other] = Array.from({ length: 5 }, createAccount) as [
  KeyPair,
  KeyPair,
  KeyPair,
  KeyPair,
  KeyPair,
];
const [responder, sentinelUser, orders, sys] = Array.from({ length: 4 }, createUser) as [
  KeyPair,
  KeyPair,
  KeyPair,
  KeyPair,
];
const xkey = createCurve();
const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
const userInfo = "$SYS.REQ.USER.INFO";

const rules = {
  mode: "operator",
  accounts: {
    APP: { id: app.getPublicKey(), signer: appSigner.getPublicKey() },
    OTHER: { id: other.getPublicKey() },
  },
  permissions: [
    {
      account: "OTHER",
      when: [{ claim: "tenant", equals: "other" }],
      publish: { allow: [userInfo] },
      subscribe: { allow: [] },
    },
    { account: "APP", publish: { allow: ["orders.{sub}", userInfo] }, subscribe: { allow: ["news.>"] } },
  ],
  services: {
    [orders.getPublicKey()]: {
      name: "orders",
      account: "APP",
      publish: { allow: [userInfo] },
      subscribe: { allow: ["orders.*"] },
    },
  },
};

const folder = makeFolder();
const stops: (() => Promise<unknown>)[] = [];
let certFile: string;
let sentinel: string;
let sysCreds: string;
let issuer: Issuer;
/** Leads every client without a JWT to the callout. */
let withDefault: NatsServer;
/** Wants the sentinel from the client. */
let withoutDefault: NatsServer;
let callouts: CalloutProgram[];

async function started<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const running = await starting;
  stops.push(() => running.stop());
  return running;
}

const account = (name: string, pair: KeyPair, claims: object = {}) =>
  encodeAccount(name, pair, { limits, ...claims }, { signer: operator });

beforeAll(async () => {
  const certificate = makeCertificate(folder);
  certFile = certificate.certFile;
  issuer = await started(startIssuer());
  const jwts = {
    [sysAccount.getPublicKey()]: await account("SYS", sysAccount),
    [app.getPublicKey()]: await account("APP", app, { signing_keys: [appSigner.getPublicKey()] }),
    [other.getPublicKey()]: await account("OTHER", other),
    [calloutAccount.getPublicKey()]: await account("AUTH", calloutAccount, {
      authorization: {
        auth_users: [responder.getPublicKey()],
        allowed_accounts: [app.getPublicKey(), other.getPublicKey()],
        xkey: xkey.getPublicKey(),
      },
    }),
  };
  sentinel = await encodeUser("sentinel", sentinelUser, calloutAccount, {
    bearer_token: true,
    pub: { deny: [">"] },
    sub: { deny: [">"] },
  });
  const creds = async (name: string, user: KeyPair, owner: KeyPair, permissions: object = {}) =>
    new TextDecoder().decode(fmtCreds(await encodeUser(name, user, owner, permissions), user));
  sysCreds = await creds("sys", sys, sysAccount);
  const { publish, subscribe } = RESPONDER_PERMISSIONS;
  const responderCreds = await creds("responder", responder, calloutAccount, {
    pub: { allow: [...publish.allow] },
    sub: { allow: [...subscribe.allow] },
  });
  const configuration = `
    server_name: operator-test
    authorization { timeout: 60 }
    tls { cert_file: "${certFile}", key_file: "${certificate.keyFile}", timeout: 30 }
    operator: ${await encodeOperator("test", operator, { system_account: sysAccount.getPublicKey() })}
    system_account: ${sysAccount.getPublicKey()}
    resolver: MEMORY
    resolver_preload: ${JSON.stringify(jwts)}`;
  withoutDefault = await started(startNatsServer(folder, configuration));
  withDefault = await started(startNatsServer(folder, `${configuration}\ndefault_sentinel: ${sentinel}`));

  const program = bundleCallout(folder);
  const variables = (server: NatsServer) => ({
    NATS_SERVERS: server.url,
    NATS_CA_FILE: certFile,
    NATS_AUTH_CREDS: responderCreds,
    NATS_AUTH_ACCOUNT: calloutAccount.getPublicKey(),
    NATS_AUTH_NKEY_ISSUER_SEED: [calloutAccount, appSigner, other].map(seedOf).join("\n"),
    NATS_AUTH_XKEY_ISSUER_SEED: seedOf(xkey),
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: issuer.audience,
    AUTH_RULES: JSON.stringify(rules),
  });
  callouts = [];
  for (const server of [withoutDefault, withDefault])
    callouts.push(await started(startCallout(program, variables(server))));
  for (const callout of callouts) await callout.ready();
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  removeFolder(folder);
});

type WhoAmI = {
  user: string;
  account: string;
  permissions: { publish: { allow: string[] }; subscribe: { allow: string[] } };
};
async function whoAmI(server: NatsServer, authentication: Authentication): Promise<WhoAmI> {
  const client = new NatsClient({ servers: server.url, caFile: certFile, authentication, connectTimeoutMs: 30_000 });
  try {
    return (await client.request(userInfo, "", { timeoutMs: 20_000 })).json<{ data: WhoAmI }>().data;
  } finally {
    await client.close();
  }
}
async function login(server: NatsServer, options: object): Promise<{ outcome: string; milliseconds: number }> {
  const start = Date.now();
  const connecting: Promise<NatsConnection> = connect({
    servers: server.url,
    tls: { caFile: certFile },
    reconnect: false,
    timeout: 90_000,
    ...options,
  });
  const outcome = await connecting.then(
    (connection) => connection.close().then(() => "admitted"),
    (error: Error) => error.message,
  );
  return { outcome, milliseconds: Date.now() - start };
}

describe.each([
  ["a sentinel that clients present", () => withoutDefault, () => sentinel],
  ["a default sentinel of the server", () => withDefault, () => undefined],
])("with %s", (_, server, sentinelOfClient) => {
  test("the holder of a token is admitted, signed by the account's signing key", async () => {
    const token = await issuer.token({});
    const data = await whoAmI(server(), { kind: "token", token, sentinel: sentinelOfClient() });
    expect(data).toMatchObject({ user: "user:alice", account: app.getPublicKey() });
    expect(data.permissions.publish.allow.sort()).toEqual([userInfo, "orders.alice"]);
    expect(data.permissions.subscribe.allow.sort()).toEqual(["_INBOX.alice.>", "news.>"]);
  });

  test("a rule leads to another account, signed by that account's own key", async () => {
    const token = await issuer.token({ tenant: "other" });
    const data = await whoAmI(server(), { kind: "token", token, sentinel: sentinelOfClient() });
    expect(data.account).toBe(other.getPublicKey());
  });

  test("a service is admitted by its nkey", async () => {
    const data = await whoAmI(server(), { kind: "nkey", seed: seedOf(orders), sentinel: sentinelOfClient() });
    expect(data).toMatchObject({ user: "orders", account: app.getPublicKey() });
  });

  test("a forged token and a forged nkey are refused at once", async () => {
    const jwt = sentinelOfClient();
    const token = `${(await issuer.token({})).slice(0, -4)}AAAA`;
    const forged = (nonce?: string) => ({
      nkey: orders.getPublicKey(),
      sig: Buffer.from(sys.sign(Buffer.from(nonce ?? ""))).toString("base64url"),
    });
    for (const proof of [() => ({ auth_token: token }), forged]) {
      const { outcome, milliseconds } = await login(server(), {
        authenticator: (nonce?: string) => ({ jwt, ...proof(nonce) }),
      });
      expect(outcome).toContain("Authorization Violation");
      expect(milliseconds).toBeLessThan(30_000);
    }
  });

  test("the sentinel alone opens nothing", async () => {
    const { outcome, milliseconds } = await login(server(), { authenticator: () => ({ jwt: sentinel }) });
    expect(outcome).toContain("Authorization Violation");
    expect(milliseconds).toBeLessThan(30_000);
  });
});

test("without a sentinel a token never reaches the callout", async () => {
  const { outcome } = await login(withoutDefault, { token: await issuer.token({}) });
  expect(outcome).toContain("Authorization Violation");
});

/** S12 of docs/attacks.md: what ends a connection that lives. */
describe("S12: a live connection", () => {
  /** Connects; `ended` resolves with why the server closed it. */
  async function open(options: object): Promise<{ connection: NatsConnection; ended: Promise<string> }> {
    const connection = await connect({
      servers: withDefault.url,
      tls: { caFile: certFile },
      reconnect: false,
      timeout: 60_000,
      ...options,
    });
    stops.push(() => connection.close());
    return { connection, ended: connection.closed().then((error) => String(error?.message)) };
  }
  const ofToken = async (claims: JWTPayload = {}) => open({ token: await issuer.token(claims) });
  const ofCreds = async (pair: KeyPair, claims: object = {}) => {
    const jwt = await encodeUser("direct", pair, appSigner, { issuer_account: app.getPublicKey(), ...claims });
    return open({ authenticator: credsAuthenticator(fmtCreds(jwt, pair)) });
  };
  /** Gives the server another version of account APP, as `nsc push` does. */
  const pushApp = (claims: object) =>
    asSys(async (operating) => {
      const jwt = await account("APP", app, { signing_keys: [appSigner.getPublicKey()], ...claims });
      const subject = `$SYS.REQ.ACCOUNT.${app.getPublicKey()}.CLAIMS.UPDATE`;
      const answer = await operating.request(subject, jwt, { timeout: 20_000 });
      expect(answer.json()).toMatchObject({ data: { code: 200 } });
    });
  const asSys = async (run: (operating: NatsConnection) => Promise<unknown>) => {
    const { connection } = await open({ authenticator: credsAuthenticator(Buffer.from(sysCreds)) });
    await run(connection);
    await connection.close();
  };
  const seconds = () => Math.floor(Date.now() / 1000);
  const stillThere = async ({ connection }: { connection: NatsConnection }) => {
    await connection.flush();
    return !connection.isClosed();
  };

  test("ends with the token", async () => {
    const exp = seconds() + 3;
    const { ended } = await ofToken({ exp });
    expect(await ended).toMatch(/expired/i);
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
  });

  test("with credentials ends when its key is revoked; others stay", async () => {
    const revoked = createUser();
    const [direct, other, alice] = [await ofCreds(revoked), await ofCreds(createUser()), await ofToken()];
    await pushApp({ revocations: { [revoked.getPublicKey()]: seconds() } });
    expect(await direct.ended).toMatch(/revoked/i);
    expect([await stillThere(other), await stillThere(alice)]).toEqual([true, true]);
  });

  test("of the callout ends when all that was issued until now is revoked; a new login gets in", async () => {
    const [alice, direct] = [await ofToken(), await ofCreds(createUser())];
    const until = seconds();
    await pushApp({ revocations: { "*": until } });
    expect([await alice.ended, await direct.ended]).toEqual([
      expect.stringMatching(/revoked/i),
      expect.stringMatching(/revoked/i),
    ]);
    await eventually("the next second", () => seconds() > until);
    expect(await stillThere(await ofToken())).toBe(true);
  });

  test("ends at once when the system user kicks it", async () => {
    const alice = await ofToken();
    const { server_id: id, client_id: cid } = alice.connection.info ?? {};
    const kick = `$SYS.REQ.SERVER.${id}.KICK`;
    await asSys((operating) => operating.request(kick, JSON.stringify({ cid }), { timeout: 20_000 }));
    await alice.ended;
    expect(alice.connection.isClosed()).toBe(true);
  });

  test("is not made over a kind of connection that the credentials do not allow", async () => {
    await expect(ofCreds(createUser(), { allowed_connection_types: ["WEBSOCKET"] })).rejects.toThrow(
      /Authorization Violation/i,
    );
    expect(await stillThere(await ofCreds(createUser(), { allowed_connection_types: ["STANDARD"] }))).toBe(true);
  });
});

test("operators get in with the callout stopped, and it ends with exit code 0", async () => {
  expect(await Promise.all(callouts.map((callout) => callout.stop()))).toEqual([0, 0]);
  expect(await whoAmI(withDefault, { kind: "creds", creds: sysCreds })).toMatchObject({
    account: sysAccount.getPublicKey(),
  });
});

import { createAccount, createCurve, createUser, type KeyPair } from "nkeys.js";
import { type HandlerContext, handleRequest } from "../../../runtime/auth-callout/handler";
import { buildIssuers } from "../../../runtime/auth-callout/issuers";
import { probesFor } from "../../../runtime/auth-callout/probe";
import { Denial } from "../../../runtime/auth-callout/reasons";
import { AuthRules } from "../../../runtime/auth-callout/rules";
import type { TokenClaims } from "../../../runtime/auth-callout/token";
import { type Xkey, xkey } from "../../../runtime/auth-callout/xkey";
import { type SigningKey, signingKey } from "../../../runtime/nkeys/nkey";
import { createAuthority, issueCertificate } from "../../../runtime/x509/authority";
import {
  type CalloutKeys,
  claimsOf,
  makeKeys,
  openAnswer,
  publicKeyOf,
  requestClaims,
  seal,
  seedOf,
  signWithNkeys,
} from "../../support/callout-keys";

const keys = makeKeys();
const service = createUser();
const account = createAccount();
const signer = createAccount();
const now = Math.floor(Date.now() / 1000);
const grant = {
  account: "APP",
  publish: { allow: ["orders.{sub}"] },
  subscribe: { allow: ["news.>"], deny: ["news.x"] },
};
const literal = { ...grant, publish: { allow: ["orders"] }, subscribe: { allow: ["orders.*"] } };
const rules = AuthRules.parse({
  mode: "callout",
  accounts: { APP: { id: "APP" } },
  permissions: [grant],
  services: { [service.getPublicKey()]: { name: "orders", ...literal, allowResponses: true } },
});
const operatorRules = (signing?: KeyPair) =>
  AuthRules.parse({
    ...rules,
    mode: "operator",
    accounts: { APP: { id: account.getPublicKey(), signer: signing?.getPublicKey() } },
  });
const asKeys = (...pairs: KeyPair[]) => pairs.map((pair) => signingKey("A", seedOf(pair)) as SigningKey);

const context = (changes: Partial<HandlerContext> = {}): HandlerContext => ({
  rules,
  issuers: buildIssuers(rules, "AUTH", asKeys(keys.issuer)),
  requests: { xkeys: [xkey(seedOf(keys.xkey)) as Xkey], clockSkewSeconds: 30 },
  async verifyToken(token) {
    if (token === "defect") throw new TypeError("a defect");
    if (!token.startsWith("good")) throw new Denial("token_signature");
    return { sub: "alice", exp: now + Number(token.slice(5) || 600) } satisfies TokenClaims;
  },
  now: () => now,
  ...changes,
});

/** The answer's claims, and those of the user that it admits. */
async function ask(
  connectOptions: object,
  clientInfo: object = {},
  changes: Partial<HandlerContext> = {},
  claims: object = {},
) {
  const request = { ...requestClaims(keys, connectOptions, clientInfo), ...claims };
  const outcome = await handleRequest(seal(keys, request), publicKeyOf(keys.serverXkey), context(changes));
  if (outcome.verdict === "refused") throw new Error(outcome.reason);
  const answer = openAnswer(keys, outcome.reply);
  return { request, outcome, answer, user: answer.nats.jwt && claimsOf(answer.nats.jwt) };
}
const login = (nonce: string, pair = service, nkey = service) => ({
  nkey: nkey.getPublicKey(),
  sig: Buffer.from(pair.sign(Buffer.from(nonce))).toString("base64url"),
});

const leaf = createUser();
const hour = 3_600_000;
/** Seconds; certificates end on a whole one. */
const leafEnd = now + 1800;
const withLeaf = AuthRules.parse({
  ...rules,
  leafs: {
    [leaf.getPublicKey()]: {
      name: "leaf-branch-APP",
      account: "APP",
      publish: { allow: ["orders.>"] },
      subscribe: { allow: [">"], deny: ["$JS.>"] },
      certificate: { name: "branch" },
    },
  },
});
interface AsLeaf {
  /** In the certificate. */
  name?: string;
  certifiedMs?: number;
  chains?: [] | "alone";
  pair?: KeyPair;
  nonce?: string;
  options?: object;
  client?: object;
}
/** Asks as a server does of a leaf node whose certificate it has verified. */
async function askAsLeaf({
  name = "branch",
  certifiedMs = hour / 2,
  chains,
  pair = leaf,
  nonce = "n0nce",
  options,
  client,
}: AsLeaf = {}) {
  const authority = await createAuthority("hub", hour * 72, new Date(now * 1000));
  const names = { dns: [name] };
  const issue = { names, usages: ["client" as const], ttlMs: certifiedMs, now: new Date(now * 1000) };
  const { cert } = await issueCertificate(authority, issue);
  const whole = chains === "alone" ? [[cert]] : (chains ?? [[cert, authority.cert]]);
  const info = { kind: "Leafnode", type: "", nonce, ...client };
  const { nats } = requestClaims(keys, options ?? login(nonce, pair, leaf), info);
  const claims = { nats: { ...nats, client_tls: { verified_chains: whole } } };
  return ask({}, {}, { rules: withLeaf, issuers: buildIssuers(withLeaf, "AUTH", asKeys(keys.issuer)) }, claims);
}

describe("in configuration mode", () => {
  test("the holder of a token gets exactly what the rules say, in the account of the rules", async () => {
    const { request, answer, user } = await ask({ auth_token: "good" });
    expect(answer).toEqual({
      aud: publicKeyOf(keys.server),
      jti: expect.stringMatching(/^[A-Z2-7]{52}$/),
      iat: now,
      iss: publicKeyOf(keys.issuer),
      sub: request.nats.user_nkey,
      nats: { jwt: expect.any(String), type: "authorization_response", version: 2 },
    });
    expect(user).toEqual({
      aud: "APP",
      exp: now + 600,
      jti: expect.any(String),
      iat: now,
      iss: publicKeyOf(keys.issuer),
      name: "user:alice",
      sub: request.nats.user_nkey,
      nats: {
        pub: { allow: ["orders.alice"] },
        sub: { allow: ["news.>", "_INBOX.alice.>"], deny: ["news.x"] },
        subs: -1,
        data: -1,
        payload: -1,
        type: "user",
        version: 2,
      },
    });
  });

  test("a service that signed the nonce gets in, and may answer", async () => {
    const { user } = await ask(login("n0nce"), { nonce: "n0nce" });
    expect(user).toMatchObject({ name: "orders", exp: now + 3600 });
    // NATS's own right to answer has no place: it would be a right to publish anywhere.
    expect(user.nats).not.toHaveProperty("resp");
    expect(user.nats).toMatchObject({ pub: { allow: expect.arrayContaining(["_INBOX.*.>"]) } });
  });

  test.each([
    ["another nonce", login("other"), "nkey_signature"],
    ["another key", login("n0nce", createUser()), "nkey_signature"],
    ["no signature", { nkey: service.getPublicKey() }, "nkey_signature"],
    ["an unknown nkey", { ...login("n0nce"), nkey: createUser().getPublicKey() }, "nkey_unknown"],
    ["constructor as nkey", { ...login("n0nce"), nkey: "constructor" }, "nkey_unknown"],
    ["nothing", {}, "no_credentials"],
    ["a sentinel alone", { jwt: "eyJ" }, "no_credentials"],
    ["a wrong token", { auth_token: "bad" }, "token_signature"],
    ["a user and a wrong password", { user: "sys", pass: "bad" }, "token_signature"],
    ["a wrong token beside a good nkey", { ...login("n0nce"), auth_token: "bad" }, "token_signature"],
    ["a wrong token beside a good password", { auth_token: "bad", pass: "good" }, "token_signature"],
    ["a token that runs into a defect", { auth_token: "defect" }, "internal"],
  ])("%s is denied", async (_, options, reason) => {
    const { request, outcome, answer } = await ask(options, { nonce: "n0nce" });
    expect(outcome).toMatchObject({ verdict: "denied", reason });
    expect(answer).toMatchObject({
      sub: request.nats.user_nkey,
      iss: publicKeyOf(keys.issuer),
      nats: { error: reason },
    });
    expect(answer.nats.jwt).toBeUndefined();
  });

  test("an nkey without a nonce is denied, whatever it signed", async () => {
    expect((await ask(login(""))).outcome).toMatchObject({ reason: "nkey_signature" });
  });

  test("a token may come as the password, from clients that have no other field", async () => {
    expect((await ask({ user: "any", pass: "good" })).user).toMatchObject({ name: "user:alice" });
  });

  test.each([
    ["Leafnode", "nats"],
    ["Client", "mqtt"],
    ["Router", ""],
    ["", ""],
  ])("a connection of kind %j and type %j is denied", async (kind, type) => {
    expect((await ask({ auth_token: "good" }, { kind, type })).outcome).toMatchObject({ reason: "client_kind" });
  });

  test("a leaf gets in with its key and its own certificate, with the rights of its link, until the certificate ends", async () => {
    const { user } = await askAsLeaf();
    expect(user).toMatchObject({ aud: "APP", name: "leaf-branch-APP", exp: leafEnd });
    expect(user.nats).toMatchObject({ pub: { allow: ["orders.>"] }, sub: { allow: [">"], deny: ["$JS.>"] } });
    // As everybody whom the callout admits, it is asked again when the longest lifetime is over.
    expect((await askAsLeaf({ certifiedMs: 48 * hour })).user.exp).toBe(now + 3600);
  });

  test("an operator's leaf is known by the key in its JWT, which it has to sign with", async () => {
    const standard = { iss: account.getPublicKey(), sub: leaf.getPublicKey(), iat: now };
    const { sig } = login("n0nce", leaf);
    const jwt = signWithNkeys({ ...standard, nats: { type: "user", version: 2 } }, account);
    expect((await askAsLeaf({ options: { jwt, sig } })).user).toMatchObject({ name: "leaf-branch-APP" });
    const { sig: forged } = login("n0nce", createUser());
    expect((await askAsLeaf({ options: { jwt, sig: forged } })).outcome).toMatchObject({ reason: "nkey_signature" });
    const foreign = signWithNkeys({ ...standard, nats: { type: "user", version: 2 } }, createUser());
    expect((await askAsLeaf({ options: { jwt: foreign, sig } })).outcome).toMatchObject({ reason: "client_kind" });
  });

  test.each<[string, Parameters<typeof askAsLeaf>[0], string]>([
    ["the certificate of another", { name: "other" }, "certificate"],
    ["no certificate", { chains: [] }, "certificate"],
    ["a certificate without its authority", { chains: "alone" }, "certificate"],
    ["another key", { pair: createUser() }, "nkey_signature"],
    ["a signature over nothing", { nonce: "" }, "nkey_signature"],
    ["a key that no rule names", { options: login("n0nce") }, "client_kind"],
    ["a key that every object has", { options: { ...login("n0nce"), nkey: "constructor" } }, "client_kind"],
    ["a token", { options: { auth_token: "good" } }, "client_kind"],
  ])("a leaf with %s is denied", async (_, how, reason) => {
    expect((await askAsLeaf(how)).outcome).toMatchObject({ verdict: "denied", reason });
  });

  test("a leaf's login opens no other door, whatever certificate comes with it", async () => {
    const { outcome } = await askAsLeaf({ client: { kind: "Client", type: "nats" } });
    expect(outcome).toMatchObject({ verdict: "denied", reason: "nkey_unknown" });
  });

  test("a connection ends with its token, and after the longest lifetime", async () => {
    expect((await ask({ auth_token: "good 7200" })).user.exp).toBe(now + 3600);
    expect((await ask({ auth_token: "good 10.7" })).user.exp).toBe(now + 10);
    // Accepted thanks to the skew of 30 s: it ends when the skew does.
    expect((await ask({ auth_token: "good -10" })).user.exp).toBe(now + 20);
  });

  test("each server is answered by the issuer that it trusts", async () => {
    const next = createAccount();
    const issuers = buildIssuers(rules, "AUTH", asKeys(next, keys.issuer));
    for (const pair of [next, keys.issuer]) {
      const { answer, user } = await ask({ auth_token: "good" }, {}, { issuers }, { sub: pair.getPublicKey() });
      expect([answer.iss, user.iss]).toEqual([pair.getPublicKey(), pair.getPublicKey()]);
    }
  });

  test("a request for an issuer that is not ours is denied at once, not left without an answer", async () => {
    const { outcome } = await ask({ auth_token: "good" }, {}, {}, { sub: createAccount().getPublicKey() });
    expect(outcome).toMatchObject({ verdict: "denied", reason: "unknown_issuer" });
  });

  test("the answer is sealed by the key that opened the request", async () => {
    const xkeys = [createCurve(), keys.xkey].map((pair) => xkey(seedOf(pair)) as Xkey);
    const { answer } = await ask({ auth_token: "good" }, {}, { requests: { xkeys, clockSkewSeconds: 30 } });
    expect(answer.nats.jwt).toBeDefined();
  });
});

describe("in operator mode", () => {
  const callout = createAccount();
  const asked = { sub: callout.getPublicKey() };
  const operator = (signing: KeyPair | undefined, ...pairs: KeyPair[]) => {
    const operatorRule = operatorRules(signing);
    return { rules: operatorRule, issuers: buildIssuers(operatorRule, callout.getPublicKey(), asKeys(...pairs)) };
  };

  test("the account's own key signs its users, and the callout account's the answer", async () => {
    const { answer, user } = await ask({ auth_token: "good" }, {}, operator(undefined, callout, account), asked);
    expect(answer.iss).toBe(callout.getPublicKey());
    expect(answer.nats.issuer_account).toBeUndefined();
    expect(user.iss).toBe(account.getPublicKey());
    expect(user.aud).toBeUndefined();
    expect(user.nats.issuer_account).toBeUndefined();
  });

  test("signing keys name the account that they sign for", async () => {
    const calloutSigner = createAccount();
    const { answer, user } = await ask({ auth_token: "good" }, {}, operator(signer, calloutSigner, signer), asked);
    expect(answer).toMatchObject({
      iss: calloutSigner.getPublicKey(),
      nats: { issuer_account: callout.getPublicKey() },
    });
    expect(user).toMatchObject({ iss: signer.getPublicKey(), nats: { issuer_account: account.getPublicKey() } });
  });

  test("another callout account is denied", async () => {
    const { outcome } = await ask({ auth_token: "good" }, {}, operator(undefined, callout, account));
    expect(outcome).toMatchObject({ reason: "unknown_issuer" });
  });

  test("an account without a seed of its signer stops the start", () => {
    expect(() => operator(signer, callout, account)).toThrow("no issuer seed is the signer of APP");
  });
});

test("what is no request is not answered, whatever it is", async () => {
  for (const message of [new Uint8Array(), Buffer.from("hello"), Buffer.alloc(5000, 0x78)]) {
    expect(await handleRequest(message, undefined, context())).toEqual({ verdict: "refused", reason: "not_sealed" });
    expect(await handleRequest(message, "X", context())).toEqual({ verdict: "refused", reason: "not_for_our_xkey" });
  }
});

test("a server that is not known is not answered, however right its request is", async () => {
  const message = seal(keys, requestClaims(keys, { auth_token: "good" }));
  const ask = (isKnownServer: HandlerContext["isKnownServer"]) =>
    handleRequest(message, publicKeyOf(keys.serverXkey), context({ isKnownServer }));
  expect(await ask(() => false)).toEqual({ verdict: "refused", reason: "unknown_server" });
  expect(await ask(async () => false)).toEqual({ verdict: "refused", reason: "unknown_server" });
  expect(await ask(async (id) => id === publicKeyOf(keys.server))).toMatchObject({ verdict: "admitted" });
});

test("1,000 replays of one request give answers for one user nkey that its server knows alone", async () => {
  const message = seal(keys, requestClaims(keys, { auth_token: "good" }));
  const [shared, sender] = [context(), publicKeyOf(keys.serverXkey)];
  const outcomes = await Promise.all(Array.from({ length: 1000 }, () => handleRequest(message, sender, shared)));
  const [first, last] = [outcomes[0], outcomes[999]].map((outcome) =>
    openAnswer(keys as CalloutKeys, (outcome as { reply: Uint8Array }).reply),
  );
  expect(first.sub).toBe(last.sub);
});

test("a probe is a request like any other; only the right answer satisfies it", async () => {
  const probe = probesFor(publicKeyOf(keys.issuer), publicKeyOf(keys.xkey)).make(now);
  const other = probesFor(publicKeyOf(keys.issuer), publicKeyOf(keys.xkey)).make(now);
  const outcome = await handleRequest(probe.message, probe.senderXkey, context());
  if (outcome.verdict === "refused") throw new Error(outcome.reason);
  expect(probe.answerProblem(outcome.reply)).toBeUndefined();
  expect(other.answerProblem(outcome.reply)).toContain("not sealed");
  expect(probe.answerProblem(new Uint8Array())).toContain("not sealed");
});

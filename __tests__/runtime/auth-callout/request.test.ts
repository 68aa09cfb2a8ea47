import { createAccount, createCurve } from "nkeys.js";
import type { RefusalReason } from "../../../runtime/auth-callout/reasons";
import { openRequest, type RequestPolicy } from "../../../runtime/auth-callout/request";
import { type Xkey, xkey } from "../../../runtime/auth-callout/xkey";
import { makeKeys, publicKeyOf, requestClaims, seal, seedOf, signWithNkeys } from "../../support/callout-keys";

const keys = makeKeys();
const serverXkey = publicKeyOf(keys.serverXkey);
const [current, previous] = [createCurve(), keys.xkey].map((pair) => xkey(seedOf(pair)) as Xkey) as [Xkey, Xkey];
const policy: RequestPolicy = { xkeys: [current, previous], clockSkewSeconds: 5 };
const now = Math.floor(Date.now() / 1000);
const open = (message: Uint8Array, header: string | undefined = serverXkey, limits: Partial<RequestPolicy> = {}) =>
  openRequest(message, header, { ...policy, ...limits }, now);
const good = requestClaims(keys, { auth_token: "token" });
const changed = (nats: object, claims: object = {}) =>
  seal(keys, { ...good, ...claims, nats: { ...good.nats, ...nats } });
const sealed = (jwt: string) => keys.serverXkey.seal(Buffer.from(jwt), publicKeyOf(keys.xkey));

test("a request that a server sealed to any xkey of ours is opened", () => {
  const request = open(seal(keys, good));
  expect(request).toMatchObject({
    addressee: publicKeyOf(keys.issuer),
    server: { id: publicKeyOf(keys.server), name: "core-0", xkey: serverXkey },
    userNkey: good.nats.user_nkey,
    client: { kind: "Client", type: "nats", nonce: "" },
    credentials: { auth_token: "token", pass: "", nkey: "", sig: "" },
  });
  expect(request.openedWith).toBe(previous);
});

const other = makeKeys();
const refused: [string, RefusalReason, Uint8Array, string?][] = [
  ["a request in clear", "not_for_our_xkey", Buffer.from(signWithNkeys(good, keys.server))],
  ["an empty request", "not_for_our_xkey", new Uint8Array()],
  ["a request for another xkey", "not_for_our_xkey", seal({ ...keys, xkey: other.xkey }, good)],
  ["a header of another sender", "not_for_our_xkey", seal(keys, good), publicKeyOf(other.serverXkey)],
  ["a header that is no key", "not_for_our_xkey", seal(keys, good), "X"],
  ["a cut request", "not_for_our_xkey", seal(keys, good).subarray(0, 100)],
  [
    "an xkey that is not the signed one",
    "xkey_mismatch",
    seal({ ...keys, serverXkey: other.serverXkey }, good),
    publicKeyOf(other.serverXkey),
  ],
  ["no xkey in the signed part", "xkey_mismatch", changed({ server_id: { ...good.nats.server_id, xkey: undefined } })],
  ["text that is no JWT", "malformed", sealed("hello")],
  [
    "a JWT without signature",
    "bad_signature",
    sealed(`${signWithNkeys(good, keys.server).split(".").slice(0, 2).join(".")}.`),
  ],
  ["alg none", "malformed", sealed(signWithNkeys(good, keys.server, { typ: "JWT", alg: "none" }))],
  ["the signature of another server", "bad_signature", seal({ ...keys, server: other.server }, good)],
  [
    "an account as issuer",
    "bad_issuer",
    sealed(signWithNkeys({ ...good, iss: publicKeyOf(keys.issuer) }, createAccount())),
  ],
  [
    "a server that signs for another one",
    "bad_server",
    seal({ ...keys, server: other.server }, { ...good, iss: publicKeyOf(other.server) }),
  ],
  ["another audience", "bad_audience", changed({}, { aud: "nats" })],
  ["no audience", "bad_audience", changed({}, { aud: undefined })],
  ["an expired request", "expired", changed({}, { exp: now - 5 })],
  ["no end", "malformed", changed({}, { exp: undefined })],
  ["a user nkey that is none", "malformed", changed({ user_nkey: "U" })],
  ["another type", "malformed", changed({ type: "user" })],
  ["no connect options", "malformed", changed({ connect_opts: undefined })],
];
test.each(refused.map(([what, reason, message, header = serverXkey]) => ({ what, reason, message, header })))(
  "$what is refused: $reason",
  ({ reason, message, header }) => {
    expect(() => open(message, header)).toThrow(expect.objectContaining({ name: "Refusal", reason }));
  },
);

test("a request without the header is refused, sealed or not", () => {
  for (const message of [seal(keys, good), Buffer.from(signWithNkeys(good, keys.server))])
    expect(() => openRequest(message, undefined, policy, now)).toThrow(
      expect.objectContaining({ reason: "not_sealed" }),
    );
});

test("a server's clock may be off by the skew", () => {
  expect(open(changed({}, { exp: now - 4 }))).toBeDefined();
});

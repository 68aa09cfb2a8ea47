import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import { readKeySet } from "../../../runtime/auth-callout/jwks";
import type { DenialReason } from "../../../runtime/auth-callout/reasons";
import { MAX_TOKEN_BYTES, type TokenPolicy, verifyToken } from "../../../runtime/auth-callout/token";

const now = 1_800_000_000;
const issuer = "https://tenant.example.com/";
const audience = "https://api.example.com";
const claims = { iss: issuer, aud: audience, sub: "alice", iat: now, exp: now + 600 };
const part = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let jwk: JWK;
let lookups: string[];
let policy: TokenPolicy;

beforeAll(async () => {
  keys = await generateKeyPair("RS256", { extractable: true });
  jwk = { ...(await exportJWK(keys.publicKey)), kid: "key-1" };
});
beforeEach(() => {
  lookups = [];
  const keySet = readKeySet(JSON.stringify({ keys: [jwk] }), ["RS256"]);
  policy = {
    issuer,
    audience,
    algorithms: ["RS256"],
    clockSkewSeconds: 30,
    findKey: async (kid) => {
      lookups.push(kid);
      return keySet.get(kid);
    },
  };
});

/** A token with any claims and header, correctly signed unless another signature is given. */
function sign(payload: unknown, header: object = {}): Promise<string> {
  const bytes = Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
  return signBytes(bytes, { alg: "RS256", kid: "key-1", ...header });
}
async function signBytes(payload: Buffer, header: object): Promise<string> {
  const { createSign, KeyObject } = await import("node:crypto");
  const signed = `${part(header)}.${payload.toString("base64url")}`;
  const key = KeyObject.from(keys.privateKey as never);
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key, "base64url")}`;
}
const verify = (token: string) => verifyToken(token, policy, now);
const expectDenial = (token: string, reason: DenialReason) =>
  expect(verify(token)).rejects.toMatchObject({ name: "Denial", reason });

test("the claims of a valid token are returned", async () => {
  await expect(verify(await sign({ ...claims, roles: ["a"] }))).resolves.toMatchObject({ sub: "alice", roles: ["a"] });
  await expect(verify(await sign({ ...claims, aud: ["other", audience] }, { typ: "at+jwt" }))).resolves.toBeDefined();
});

test.each(["ES256", "EdDSA", "PS256"] as const)(
  "%s is accepted where it is configured, and only there",
  async (algorithm) => {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    const keySet = readKeySet(JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: "key-1" }] }), [
      algorithm,
    ]);
    const token = await new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: "key-1" }).sign(pair.privateKey);
    const configured = { ...policy, algorithms: [algorithm], findKey: async (kid: string) => keySet.get(kid) };
    await expect(verifyToken(token, configured, now)).resolves.toMatchObject({ sub: "alice" });
    await expectDenial(token, "token_algorithm");
  },
);

describe("without a look-up of keys", () => {
  afterEach(() => expect(lookups).toEqual([]));

  test.each(["none", "None", "nOnE", "HS256", "HS384", "HS512", "RS384", "PS256", "ES256", "EdDSA", 1, null])(
    "alg %s is denied",
    async (alg) => expectDenial(await sign(claims, { alg }), "token_algorithm"),
  );

  test("an empty signature is denied", () =>
    expectDenial(`${part({ alg: "RS256", kid: "key-1" })}.${part(claims)}.`, "token_malformed"));

  test("a token signed with the public key as a shared secret is denied", async () => {
    const pem = await exportSPKI(keys.publicKey);
    const der = createPublicKey(pem).export({ format: "der", type: "spki" });
    for (const secret of [pem, ` ${pem}`, `${pem}\n`, der, JSON.stringify(jwk)]) {
      const signed = `${part({ alg: "HS256", kid: "key-1" })}.${part(claims)}`;
      await expectDenial(
        `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`,
        "token_algorithm",
      );
    }
  });

  test.each(["jku", "x5u", "jwk", "x5c", "crit", "b64", "cty", "zip", "enc"])(
    "a token with %s is denied",
    async (name) => expectDenial(await sign(claims, { [name]: name === "b64" ? false : ["x"] }), "token_header"),
  );

  test.each([undefined, "", 1, { a: 1 }, "k".repeat(257)])("kid %j is denied", async (kid) =>
    expectDenial(await sign(claims, { kid }), "token_header"),
  );

  test.each(["logout+jwt", "dpop+jwt", "JWE", 1])("typ %j is denied", async (typ) =>
    expectDenial(await sign(claims, { typ }), "token_header"),
  );

  test.each<[string, object, DenialReason]>([
    ["no sub", { sub: undefined }, "token_claims"],
    ["an empty sub", { sub: "" }, "token_claims"],
    ["a number as sub", { sub: 1 }, "token_claims"],
    ["no exp", { exp: undefined }, "token_claims"],
    ["text as exp", { exp: String(now + 600) }, "token_claims"],
    ["exp 1e308", { exp: 1e308 }, "token_claims"],
    ["a negative exp", { exp: -1 }, "token_claims"],
    ["iat in the future", { iat: now + 31 }, "token_not_yet_valid"],
    ["text as nbf", { nbf: "0" }, "token_claims"],
    ["an ID token of Cognito", { token_use: "id" }, "token_claims"],
  ])("%s is denied", async (_, change, reason) => expectDenial(await sign({ ...claims, ...change }), reason));

  test("more than 16 KiB is denied", () => expectDenial("a".repeat(MAX_TOKEN_BYTES + 1), "token_too_large"));

  test.each(["", "a", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e", " "])("%j is denied", (token) =>
    expectDenial(token, "token_malformed"),
  );

  test("padding, the other alphabet and spaces are denied", async () => {
    const token = await sign(claims);
    for (const changed of [
      `${token}=`,
      `${token}==`,
      ` ${token}`,
      `${token}\n`,
      token.replace(".", ". "),
      token.replace(".", "+."),
    ])
      await expectDenial(changed, "token_malformed");
  });

  test("JSON that readers understand differently is denied", async () => {
    const text = JSON.stringify(claims);
    for (const payload of [
      text.replace('"sub"', '"sub":"bob","sub"'),
      `\ufeff${text}`,
      text.replace("{", '{"__proto__":{},'),
      `[${text}]`,
    ])
      await expectDenial(await sign(payload), "token_malformed");
  });
});

test.each<[string, object, DenialReason]>([
  ["another iss", { iss: "https://other.example.com/" }, "token_issuer"],
  ["iss without the slash at its end", { iss: issuer.slice(0, -1) }, "token_issuer"],
  ["iss in other case", { iss: issuer.toUpperCase() }, "token_issuer"],
  ["a list as iss", { iss: [issuer] }, "token_issuer"],
  ["no iss", { iss: undefined }, "token_issuer"],
  ["another aud", { aud: "https://other.example.com" }, "token_audience"],
  ["a part of our aud", { aud: audience.slice(0, -1) }, "token_audience"],
  ["no aud", { aud: undefined }, "token_audience"],
  ["a list without our aud", { aud: ["a", `${audience}/`] }, "token_audience"],
  ["nbf in the future", { nbf: now + 31 }, "token_not_yet_valid"],
  ["an expired token", { exp: now - 30 }, "token_expired"],
])("%s is denied", async (_, change, reason) => expectDenial(await sign({ ...claims, ...change }), reason));

test("clocks may differ by the skew, and not by a second more", async () => {
  await expect(verify(await sign({ ...claims, exp: now - 29, nbf: now + 30, iat: now + 30 }))).resolves.toBeDefined();
  await expectDenial(await sign({ ...claims, exp: now - 30 }), "token_expired");
});

test("a changed token is denied", async () => {
  const token = await sign(claims);
  const [header, , signature = ""] = token.split(".");
  await expectDenial([header, part({ ...claims, sub: "bob" }), signature].join("."), "token_signature");
  const flipped = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  await expectDenial([header, part(claims), flipped].join("."), "token_signature");
});

test("the key of another issuer is denied", async () => {
  const stranger = await generateKeyPair("RS256");
  const token = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "key-1" }).sign(stranger.privateKey);
  await expectDenial(token, "token_signature");
});

test.each(["key-2", "../../etc/passwd", "' OR 1=1 --", "__proto__", "constructor"])(
  "the unknown key %s is denied",
  async (kid) => {
    await expectDenial(await sign(claims, { kid }), "token_unknown_key");
    expect(lookups).toEqual([kid]);
  },
);

test("a key for one algorithm verifies no other, and a key of another kind none at all", async () => {
  const { key } = [...readKeySet(JSON.stringify({ keys: [jwk] }), ["RS256"]).values()][0] ?? {};
  if (!key) throw new Error("no key");
  policy = { ...policy, findKey: async () => ({ key, algorithm: "RS512" }) };
  await expectDenial(await sign(claims), "token_key");
  const { publicKey } = generateKeyPairSync("ed25519");
  policy = { ...policy, findKey: async () => ({ key: publicKey }) };
  await expectDenial(await sign(claims), "token_key");
});

describe("a key set", () => {
  const read = (...jwks: object[]) => [...readKeySet(JSON.stringify({ keys: jwks }), ["RS256"]).keys()];
  const weak = (modulusLength: number, publicExponent = 0x10001) => ({
    ...generateKeyPairSync("rsa", { modulusLength, publicExponent }).publicKey.export({ format: "jwk" }),
    kid: "weak",
  });

  test.each<[string, () => object]>([
    ["RSA below 2048 bits", () => weak(1024)],
    ["RSA with exponent 3", () => weak(2048, 3)],
    ["RSA with exponent 1", () => ({ ...jwk, kid: "weak", e: "AQ" })],
    ["keys for encryption", () => ({ ...jwk, kid: "weak", use: "enc" })],
    ["keys for another algorithm", () => ({ ...jwk, kid: "weak", alg: "RS512" })],
    ["keys to sign with", () => ({ ...jwk, kid: "weak", key_ops: ["sign"] })],
    ["keys without kid", () => ({ ...jwk, kid: undefined })],
    ["shared secrets", () => ({ kty: "oct", k: "AAAA", kid: "weak" })],
    ["damaged keys", () => ({ kty: "RSA", kid: "weak" })],
    ["what is no key", () => [null]],
  ])("leaves out %s", (_, make) => {
    expect(read(make(), jwk)).toEqual(["key-1"]);
    expect(() => read(make())).toThrow("no usable key");
  });

  test("leaves out keys that share a kid", () => {
    expect(() => read(jwk, jwk)).toThrow("no usable key");
  });

  test.each(["{}", "[]", '{"keys":{}}', "<html>", '{"keys":[]}'])("is not %s", (text) => {
    expect(() => readKeySet(text, ["RS256"])).toThrow();
  });
});

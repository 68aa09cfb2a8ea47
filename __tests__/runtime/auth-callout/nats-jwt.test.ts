import { decode } from "@nats-io/jwt";
import { createAccount, createUser } from "nkeys.js";
import { readNatsJwt, signNatsJwt } from "../../../runtime/nkeys/nats-jwt";
import { type SigningKey, signingKey } from "../../../runtime/nkeys/nkey";
import { claimsOf, seedOf, signWithNkeys } from "../../support/callout-keys";

const key = (pair = createAccount()) => signingKey("A", seedOf(pair)) as SigningKey;

test("the id is the one that nats-io/jwt 2.8.2 gives to the same claims", () => {
  const jwt = signNatsJwt(
    { aud: "APP", exp: 1900000000, name: "alice", sub: "UAAGYRLRFVC2DFNCEI5UO3OM6VTQPEU222L7DBJBUIPS4ZQXSA3K7DUY" },
    { type: "user" },
    // Made for this test with nats-io/jwt's own Go program; it opens nothing.
    signingKey("A", "SAALPN2GY6ADGBOPHM22VTBYLWYEHZCDATYKRSALSM2FPKKLPBAYRTDB6U") as SigningKey,
    1795231348,
  );
  expect(claimsOf(jwt)).toEqual({
    aud: "APP",
    exp: 1900000000,
    jti: "ALOSGPAKGF7IK2CMGG6M3COWLJMVEZ76SMSM4KUNMTDKGBUERHWA",
    iat: 1795231348,
    iss: "ADOAYZY53TVQ22KT26CJFHPCTVD2BCOJJTQGDXXYBVAUXS4LQMGAKE7L",
    name: "alice",
    sub: "UAAGYRLRFVC2DFNCEI5UO3OM6VTQPEU222L7DBJBUIPS4ZQXSA3K7DUY",
    nats: { type: "user", version: 2 },
  });
});

test("@nats-io/jwt verifies what is signed", () => {
  const claims = decode<object>(signNatsJwt({ sub: createUser().getPublicKey() }, { type: "user" }, key(), 1));
  expect(claims.nats).toEqual({ type: "user", version: 2 });
});

test("the payload is returned only when a key of the right kind signed it", () => {
  const pair = createAccount();
  const claims = { iss: pair.getPublicKey(), sub: "x", nats: {} };
  const jwt = signWithNkeys(claims, pair);
  expect(readNatsJwt(jwt, "A")).toEqual({ payload: claims });
  expect(readNatsJwt(jwt, "N")).toEqual({ problem: "bad_issuer" });
  expect(readNatsJwt(signWithNkeys(claims, createAccount()), "A")).toEqual({ problem: "bad_signature" });
  expect(readNatsJwt(jwt.slice(0, jwt.lastIndexOf(".") + 1), "A")).toEqual({ problem: "bad_signature" });
  expect(readNatsJwt(signWithNkeys(claims, pair, { typ: "JWT", alg: "none" }), "A")).toEqual({ problem: "malformed" });
  for (const text of ["", "a", "a.b.c", "a.b.c.d", `${jwt}.x`])
    expect(readNatsJwt(text, "A")).toEqual({ problem: "malformed" });
});

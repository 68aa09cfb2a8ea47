import { createHash } from "node:crypto";
import { denied, type Family } from "./attack";
import type { Random } from "./random";
import { claims, encodePart, KID, SKEW_SECONDS, type World } from "./world";

const setOf = (...keys: unknown[]) => JSON.stringify({ keys });

/** What verifies under an RSA key with exponent 1: the padded digest itself, which anybody can write. */
function forgedForExponentOne(text: string): string {
  const prefix = Buffer.from("3031300d060960864801650304020105000420", "hex");
  const digest = Buffer.concat([prefix, createHash("sha256").update(text).digest()]);
  const padding = Buffer.alloc(256 - digest.length - 3, 0xff);
  return Buffer.concat([Buffer.of(0, 1), padding, Buffer.of(0), digest]).toString("base64url");
}

/** Documents whose key must not verify, each with a token that this key did sign. */
function weakKeySet(world: World, random: Random): [string, string, string] {
  const { issuer, strangers, jwk } = world;
  const own = claims({ sub: random.word() });
  const asJwk = (key: typeof issuer) => ({
    ...key.publicKey.export({ format: "jwk" }),
    kid: KID,
    alg: "RS256",
    use: "sig",
  });
  const text = `${encodePart({ alg: "RS256", kid: KID })}.${encodePart(own)}`;
  const [name, keySet, key] = random.pick<[string, string, typeof issuer]>([
    ["RSA of 1024 bits", setOf(asJwk(strangers.small)), strangers.small],
    ["exponent 3", setOf(asJwk(strangers.exponent3)), strangers.exponent3],
    ["a key for encryption", setOf({ ...jwk, use: "enc" }), issuer],
    ["a key of another algorithm", setOf({ ...jwk, alg: random.pick(["RS512", "PS256", "HS256", "none"]) }), issuer],
    ["operations without verify", setOf({ ...jwk, key_ops: random.pick([["sign"], [], ["encrypt"]]) }), issuer],
    ["two keys of one kid", setOf(jwk, asJwk(strangers.rsa)), strangers.rsa],
    ["a kid that is no text", setOf({ ...jwk, kid: random.pick([1, null, [KID], undefined]) }), issuer],
    ["101 keys", setOf(...Array.from({ length: 101 }, (_, i) => ({ ...jwk, kid: i ? `k${i}` : KID }))), issuer],
    ["a list", `[${JSON.stringify(jwk)}]`, issuer],
    ["no key", random.pick(['{"keys":[]}', '{"keys":{}}', "{}", "null", "[]", "<html></html>", ""]), issuer],
    [
      "damaged keys",
      setOf(
        ...random.list(3, () =>
          random.pick([
            null,
            1,
            [],
            { kty: "RSA", kid: KID },
            { ...jwk, n: "" },
            { ...jwk, kty: "oct", k: "AAAA" },
            { ...jwk, e: "" },
          ]),
        ),
      ),
      issuer,
    ],
  ]);
  if (random.chance(0.15)) return ["exponent 1", setOf({ ...jwk, e: "AQ" }), `${text}.${forgedForExponentOne(text)}`];
  return [name, keySet, world.token(own, {}, key.privateKey)];
}

/** Families T15 to T17: weak, withdrawn and mixed up keys and claims. */
export const tokenKeys: readonly Family[] = [
  {
    id: "T15",
    about: "an issuer's document with keys that must not verify",
    signed: true,
    make(world, random) {
      const [name, keySet, token] = weakKeySet(world, random);
      return {
        name,
        sent: { kind: "keySet", keySet, token },
        expected: denied("jwks_unavailable", "token_unknown_key"),
      };
    },
  },
  {
    id: "T16",
    about: "a key that was withdrawn, or whose kid another key has now",
    signed: true,
    make(world, random) {
      const sameKid = random.chance(0.5);
      const next = { ...world.strangers.rsa.publicKey.export({ format: "jwk" }), kid: sameKid ? KID : random.word() };
      return {
        name: sameKid ? "its kid has another key" : "its kid is gone",
        sent: { kind: "keySet", keySet: setOf(next), token: world.token(claims({ sub: random.word() })) },
        expected: denied(sameKid ? "token_signature" : "token_unknown_key"),
      };
    },
  },
  {
    id: "T17",
    about: "right behind a valid token: one made of its parts, or itself when it has ended",
    signed: false,
    make(world, random) {
      const [header, payload, signature] = world.good.split(".");
      const bob = encodePart(claims({ sub: random.word() }));
      const [name, token, laterSeconds, expected] = random.pick<[string, string, number, ReturnType<typeof denied>]>([
        ["its signature on other claims", `${header}.${bob}.${signature}`, 0, denied("token_signature")],
        [
          "its claims with another signature",
          `${header}.${payload}.${random.bytes(256).toString("base64url")}`,
          0,
          denied("token_signature"),
        ],
        [
          "its claims under another kid",
          `${encodePart({ alg: "RS256", kid: `${KID}x` })}.${payload}.${signature}`,
          0,
          denied("token_unknown_key"),
        ],
        ["itself after its end", world.good, 600 + SKEW_SECONDS + random.int(0, 9), denied("token_expired")],
      ]);
      return {
        name,
        sent: { kind: "token", token, after: world.good, laterSeconds },
        expected,
        fetches: name.includes("kid"),
      };
    },
  },
];

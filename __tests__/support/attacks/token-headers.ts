import { createHmac, sign } from "node:crypto";
import { denied, type Family } from "./attack";
import { claims, encodePart, KID } from "./world";

/** Families T1 to T6: the token says by its header how it wants to be verified. */
export const tokenHeaders: readonly Family[] = [
  {
    id: "T1",
    about: "no algorithm, no signature",
    signed: false,
    make(world, random) {
      const alg = random.pick([random.anyCase("none"), "", " none", "none\u0000", "null", null, false, ["RS256"], 0]);
      const header = encodePart({ alg, kid: KID, typ: random.pick(["JWT", "at+jwt"]) });
      const payload = encodePart(claims({ sub: random.word() }));
      const signature = random.pick(["", random.bytes(256).toString("base64url"), world.good.split(".")[2] ?? ""]);
      return {
        name: `alg ${JSON.stringify(alg)}, ${signature === "" ? "empty" : "some"} signature`,
        sent: { kind: "token", token: `${header}.${payload}.${signature}` },
        expected: denied(signature === "" ? "token_malformed" : "token_algorithm"),
      };
    },
  },
  {
    id: "T2",
    about: "the public key as a shared secret",
    signed: false,
    make(world, random) {
      const { pem, pkcs1, der, jwk, modulus } = world.publicForms;
      const [what, secret] = random.pick<readonly [string, string | Buffer]>([
        ["PEM", pem],
        ["PEM behind a space", ` ${pem}`],
        ["PEM and a line end", `${pem}\n`],
        ["PEM without a line end", pem.trimEnd()],
        ["PKCS#1", pkcs1],
        ["DER", der],
        ["JWK", jwk],
        ["modulus", modulus],
        ["nothing", ""],
      ]);
      const bits = random.pick(["256", "384", "512"]);
      const alg = random.pick([`HS${bits}`, `HS${bits}`, "RS256"]);
      const text = `${encodePart({ alg, kid: KID })}.${encodePart(claims({ sub: random.word() }))}`;
      return {
        name: `HMAC ${bits} keyed with ${what}, alg ${alg}`,
        sent: { kind: "token", token: `${text}.${createHmac(`sha${bits}`, secret).update(text).digest("base64url")}` },
        expected: denied(alg === "RS256" ? "token_signature" : "token_algorithm"),
      };
    },
  },
  {
    id: "T3",
    about: "another algorithm than the configured one, correctly signed",
    signed: true,
    make(world, random) {
      const payload = encodePart(claims({ sub: random.word() }));
      const { issuer, strangers } = world;
      const pss = { key: issuer.privateKey, padding: 6, saltLength: 32 };
      const ec = { key: strangers.ec.privateKey, dsaEncoding: "ieee-p1363" as const };
      const [alg, make] = random.pick<readonly [string, (text: Buffer) => Buffer]>([
        ["RS384", (text) => sign("sha384", text, issuer.privateKey)],
        ["RS512", (text) => sign("sha512", text, issuer.privateKey)],
        ["PS256", (text) => sign("sha256", text, pss)],
        ["ES256", (text) => sign("sha256", text, ec)],
        ["EdDSA", (text) => sign(null, text, strangers.ed25519.privateKey)],
        ["Ed25519", (text) => sign(null, text, strangers.ed25519.privateKey)],
      ]);
      const says = random.chance(0.5) ? alg : "RS256";
      const text = `${encodePart({ alg: says, kid: KID })}.${payload}`;
      return {
        name: `signed with ${alg}, alg ${says}`,
        sent: { kind: "token", token: `${text}.${world.once(text, () => make(Buffer.from(text)))}` },
        expected: denied(says === "RS256" ? "token_signature" : "token_algorithm"),
      };
    },
  },
  {
    id: "T4",
    about: "a token that brings its own key",
    signed: true,
    make(world, random) {
      const { publicKey, privateKey } = world.strangers.rsa;
      const jwk = { ...publicKey.export({ format: "jwk" }), kid: KID };
      const address = `https://${random.word()}.example.net/keys.json`;
      const [parameter, value, isKnown] = random.pick<readonly [string, unknown, boolean]>([
        ["jku", address, true],
        ["jku", `https://tenant.example.com@${random.word()}.example.net/`, true],
        ["x5u", address, true],
        ["jwk", jwk, true],
        ["x5c", [publicKey.export({ format: "der", type: "spki" }).toString("base64")], true],
        ["x5t", random.word(), false],
        ["x5t#S256", random.word(), false],
        ["JWK", jwk, false],
      ]);
      // The thief of a session cannot sign with the issuer's key, but a confused issuer could.
      const byIssuer = isKnown && random.chance(0.5);
      const key = byIssuer ? world.issuer.privateKey : privateKey;
      return {
        name: `${parameter}, signed by ${byIssuer ? "the issuer" : "the key that it brings"}`,
        sent: { kind: "token", token: world.token(claims({ sub: random.word() }), { [parameter]: value }, key) },
        expected: denied(isKnown ? "token_header" : "token_signature"),
      };
    },
  },
  {
    id: "T5",
    about: "extensions that change what is signed",
    signed: true,
    make(world, random) {
      const header = random.pick<object>([
        { crit: ["exp"] },
        { crit: [random.word()], [random.word()]: true },
        { crit: ["b64"], b64: false },
        { crit: [] },
        { crit: "b64" },
        { b64: false },
        { b64: true },
        { zip: "DEF" },
        { enc: "A256GCM" },
        { cty: "JWT" },
      ]);
      return {
        name: Object.keys(header).join(" and "),
        sent: { kind: "token", token: world.token(claims({ sub: random.word() }), header) },
        expected: denied("token_header"),
      };
    },
  },
  {
    id: "T6",
    about: "a kid that names no key, or is none",
    signed: false,
    make(world, random) {
      const unknown = random.pick([
        random.word(24),
        `../../${random.word()}/keys`,
        `/proc/self/environ${random.word(2)}`,
        `' OR '1'='${random.word(2)}`,
        `${KID} `,
        KID.toUpperCase(),
        `${KID}\u0000`,
        "__proto__",
        "constructor",
        "toString",
        `http://169.254.169.254/${random.word()}`,
        `\${jndi:ldap://${random.word()}}`,
      ]);
      const noName = random.pick<unknown>([undefined, "", 1, true, null, [KID], { kid: KID }, random.word(257)]);
      const isName = random.chance(0.6);
      const kid = isName ? unknown : noName;
      const isHuge = !isName && random.chance(0.02);
      const header = encodePart({ alg: "RS256", kid: isHuge ? "k".repeat(1_000_000) : kid });
      const payload = encodePart(claims({ sub: random.word() }));
      return {
        name: isHuge ? "kid of a megabyte" : `kid ${JSON.stringify(kid)?.slice(0, 40)}`,
        sent: { kind: "token", token: `${header}.${payload}.${world.good.split(".")[2]}` },
        expected: denied(isHuge ? "token_too_large" : isName ? "token_unknown_key" : "token_header"),
        fetches: isName,
      };
    },
  },
];

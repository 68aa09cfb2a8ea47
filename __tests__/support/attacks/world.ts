import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { HandlerContext } from "../../../runtime/auth-callout/handler";
import { buildIssuers } from "../../../runtime/auth-callout/issuers";
import { readKeySet } from "../../../runtime/auth-callout/jwks";
import { KeyStore } from "../../../runtime/auth-callout/key-store";
import { AuthRules } from "../../../runtime/auth-callout/rules";
import { verifyToken } from "../../../runtime/auth-callout/token";
import { throwawayXkey, type Xkey } from "../../../runtime/auth-callout/xkey";
import { formatPublicKey, type SigningKey, signingKeyFromBytes } from "../../../runtime/nkeys/nkey";
import type { Random } from "./random";

export const NOW = 1_800_000_000;
export const SKEW_SECONDS = 30;
export const LIFETIME_SECONDS = 3600;
export const ISSUER = "https://tenant.example.com/";
export const AUDIENCE = "https://api.example.com";
export const KID = "key-1";
/** More than the key store's cooldown: between attacks so much time passes that it would download again. */
const BETWEEN_ATTACKS_MS = 31_000;

/** Two accounts; the placeholders are where hostile claims could end up in subjects. */
const rules = AuthRules.parse({
  mode: "callout",
  accounts: { APP: { id: "APP" }, OPS: { id: "OPS" } },
  permissions: [
    {
      account: "OPS",
      when: [{ claim: "realm_access.roles", includes: "admin" }],
      publish: { allow: ["ops.>"] },
      subscribe: { allow: ["ops.>"] },
    },
    {
      account: "OPS",
      when: [{ claim: "number", equals: 2 ** 53 }],
      publish: { allow: ["ops.>"] },
      subscribe: { allow: ["ops.>"] },
    },
    {
      account: "APP",
      publish: { allow: ["teams.{teams}.say"], deny: ["teams.{teams}.admin"] },
      subscribe: { allow: ["user.{sub}.>", "teams.{teams}"] },
    },
  ],
  services: {},
  maxLifetimeSeconds: LIFETIME_SECONDS,
});

export type Claims = Record<string, unknown>;
export const encodePart = (value: unknown): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(typeof value === "string" ? value : JSON.stringify(value))).toString(
    "base64url",
  );

const rsa = (modulusLength: number, publicExponent = 0x10001) =>
  generateKeyPairSync("rsa", { modulusLength, publicExponent });

/** An issuer, a callout that trusts it, a server that asks the callout, and keys of those who are not trusted. */
export class World {
  readonly issuer = rsa(2048);
  readonly strangers = {
    rsa: rsa(2048),
    small: rsa(1024),
    exponent3: rsa(2048, 3),
    ec: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    ed25519: generateKeyPairSync("ed25519"),
  };
  readonly jwk = { ...this.issuer.publicKey.export({ format: "jwk" }), kid: KID, use: "sig", alg: "RS256" };
  /** Every way to write the public key that might be taken for a shared secret. */
  readonly publicForms: Readonly<Record<"pem" | "pkcs1" | "jwk" | "modulus", string>> & { der: Buffer };
  /** A token of a stranger around a token that is good. */
  readonly nested: string;
  readonly answerIssuer = newKey("A");
  readonly server = newKey("N");
  readonly otherServer = newKey("N");
  readonly calloutXkey = throwawayXkey();
  readonly serverXkey = throwawayXkey();
  readonly otherXkey = throwawayXkey();
  /** Of kinds that sign no requests. */
  readonly otherKinds = { A: newKey("A"), U: newKey("U"), O: newKey("O") };
  /** A token that is admitted. */
  readonly good: string;
  readonly context: HandlerContext;
  /** Downloads of the key set so far. */
  fetches = 0;
  #monotonicMs = 0;
  #signatures = new Map<string, string>();
  /** Seconds since the epoch. */
  now = NOW;

  constructor() {
    const keys = new KeyStore({
      load: async () => {
        this.fetches++;
        return readKeySet(JSON.stringify({ keys: [this.jwk] }), ["RS256"]);
      },
      now: () => this.#monotonicMs,
      staleMs: Number.POSITIVE_INFINITY,
    });
    this.context = {
      rules,
      issuers: buildIssuers(rules, "AUTH", [this.answerIssuer]),
      requests: { xkeys: [this.calloutXkey], clockSkewSeconds: SKEW_SECONDS },
      isKnownServer: (id) => id === this.server.publicKey,
      verifyToken: (token, now) =>
        verifyToken(
          token,
          this.tokenPolicy((kid) => keys.find(kid)),
          now,
        ),
      now: () => this.now,
    };
    this.good = this.token(claims());
    this.nested = this.token(this.good, { cty: "JWT" }, this.strangers.rsa.privateKey);
    const { publicKey } = this.issuer;
    this.publicForms = {
      pem: publicKey.export({ format: "pem", type: "spki" }).toString(),
      pkcs1: publicKey.export({ format: "pem", type: "pkcs1" }).toString(),
      der: publicKey.export({ format: "der", type: "spki" }),
      jwk: JSON.stringify(this.jwk),
      modulus: publicKey.export({ format: "jwk" }).n ?? "",
    };
  }

  tokenPolicy = (findKey: Parameters<typeof verifyToken>[1]["findKey"]) => ({
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ["RS256"] as const,
    clockSkewSeconds: SKEW_SECONDS,
    findKey,
  });

  /** Lets so much time pass that the next unknown key would be looked for again. */
  passCooldown(): void {
    this.#monotonicMs += BETWEEN_ATTACKS_MS;
  }

  /** A token that the issuer signs, whatever it says. */
  token(payload: unknown, header: object = {}, key: KeyObject = this.issuer.privateKey): string {
    return this.signed(encodePart({ alg: "RS256", kid: KID, ...header }), encodePart(payload), key);
  }

  /** The same from encoded parts. */
  signed(header: string, payload: string, key: KeyObject = this.issuer.privateKey, hash = "sha256"): string {
    const text = `${header}.${payload}`;
    return `${text}.${sign(hash, Buffer.from(text), key).toString("base64url")}`;
  }

  /** A signature that needs random numbers: made once for each text, so that a corpus can be made again. */
  once(text: string, make: () => Buffer): string {
    const known = this.#signatures.get(text) ?? make().toString("base64url");
    this.#signatures.set(text, known);
    return known;
  }

  /** What nats-server asks for a client. */
  request(random: Random, connect: object, changes: { claims?: Claims; nats?: Claims; client?: Claims } = {}): Claims {
    return {
      aud: "nats-authorization-request",
      exp: this.now + 2,
      iat: this.now,
      iss: this.server.publicKey,
      sub: this.answerIssuer.publicKey,
      ...changes.claims,
      nats: {
        server_id: { name: "core-0", host: "10.0.0.1", id: this.server.publicKey, xkey: this.serverXkey.publicKey },
        user_nkey: formatPublicKey("U", random.bytes(32)),
        client_info: { host: "10.0.0.9", id: 7, kind: "Client", type: "nats", ...changes.client },
        connect_opts: { protocol: 1, lang: "go", ...connect },
        type: "authorization_request",
        version: 2,
        ...changes.nats,
      },
    };
  }

  natsJwt(
    payload: unknown,
    key: SigningKey = this.server,
    header: unknown = { typ: "JWT", alg: "ed25519-nkey" },
  ): string {
    const text = `${encodePart(header)}.${encodePart(payload)}`;
    return `${text}.${key.sign(text).toString("base64url")}`;
  }

  seal(content: string, from: Xkey = this.serverXkey, to: Xkey = this.calloutXkey): Uint8Array {
    return from.seal(Buffer.from(content), to.publicKey);
  }
}

/** A world whose callout has the issuer's keys, as it has when servers ask. */
export async function makeWorld(): Promise<World> {
  const world = new World();
  await world.context.verifyToken(world.good, world.now);
  return world;
}

/** Claims of a valid token of alice, for ten minutes. */
export const claims = (changes: Claims = {}): Claims => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "alice",
  iat: NOW,
  exp: NOW + 600,
  ...changes,
});

function newKey(kind: "N" | "A" | "U" | "O"): SigningKey {
  return signingKeyFromBytes(kind, randomBytes(32));
}

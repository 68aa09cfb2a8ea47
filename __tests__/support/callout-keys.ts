import { createAccount, createCurve, createServer, createUser, type KeyPair } from "nkeys.js";
import { defaultRelease } from "../../model/config/server-releases";

/** The text of a pair's seed. */
export const seedOf = (pair: KeyPair): string => new TextDecoder().decode(pair.getSeed());

const publicKeys = new WeakMap<KeyPair, string>();
/** The pair's public key, computed once: nkeys.js needs 10 ms for it. */
export function publicKeyOf(pair: KeyPair): string {
  const known = publicKeys.get(pair) ?? pair.getPublicKey();
  publicKeys.set(pair, known);
  return known;
}

/** The keys of a callout in configuration mode, and those of a server that asks it. */
export const makeKeys = () => ({
  issuer: createAccount(),
  xkey: createCurve(),
  server: createServer(),
  serverXkey: createCurve(),
});
export type CalloutKeys = ReturnType<typeof makeKeys>;

/** The nkey that a server makes up for one login. */
const USER_NKEY = createUser().getPublicKey();

const encodePart = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A NATS JWT made with nkeys.js alone: what is tested must not prove itself. */
export function signWithNkeys(
  claims: unknown,
  pair: KeyPair,
  header: object = { typ: "JWT", alg: "ed25519-nkey" },
): string {
  const signed = `${encodePart(header)}.${encodePart(claims)}`;
  return `${signed}.${Buffer.from(pair.sign(Buffer.from(signed))).toString("base64url")}`;
}

/** Claims of a NATS JWT, unverified. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at parts of claims that no type describes
export const claimsOf = (jwt: string): any =>
  JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));

/** The claims of an authorization request as nats-server writes them. */
export function requestClaims(
  { issuer, server, serverXkey }: CalloutKeys,
  connectOptions: object = {},
  clientInfo: object = {},
) {
  const now = Math.floor(Date.now() / 1000);
  return {
    aud: "nats-authorization-request",
    exp: now + 2,
    iat: now,
    iss: publicKeyOf(server),
    sub: publicKeyOf(issuer),
    nats: {
      server_id: {
        name: "core-0",
        host: "10.0.0.1",
        id: publicKeyOf(server),
        version: defaultRelease,
        xkey: publicKeyOf(serverXkey),
      },
      user_nkey: USER_NKEY,
      client_info: { host: "10.0.0.9", id: 7, kind: "Client", type: "nats", ...clientInfo },
      connect_opts: { protocol: 1, lang: "go", ...connectOptions },
      type: "authorization_request",
      version: 2,
    },
  };
}

/** A sealed request. */
export const seal = ({ xkey, server, serverXkey }: CalloutKeys, claims: unknown): Uint8Array =>
  serverXkey.seal(Buffer.from(signWithNkeys(claims, server)), publicKeyOf(xkey));

/** The claims of a sealed answer. */
export const openAnswer = ({ xkey, serverXkey }: CalloutKeys, answer: Uint8Array) =>
  claimsOf(Buffer.from(serverXkey.open(answer, publicKeyOf(xkey)) ?? []).toString("utf8"));

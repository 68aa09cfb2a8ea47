import { readNatsJwt } from "../nkeys/nats-jwt";
import { verifySignature } from "../nkeys/nkey";
import { certificateEnd } from "./leaf-certificate";
import { explainPermissions, servicePermissions } from "./permissions";
import { Denial } from "./reasons";
import type { ClientInfo, ConnectOptions } from "./request";
import type { Admission } from "./response";
import type { AuthRules } from "./rules";
import type { TokenClaims } from "./token";

/** Credential that a client presents. */
export type Credential =
  | { kind: "token"; token: string }
  | { kind: "nkey"; nkey: string; signature: string; nonce: string };

/**
 * Chooses the one credential that a request is judged by.
 *
 * A token is taken from `auth_token`, or else from the password, which is all that browsers' and MQTT's forms and `nats
 * --password` can fill. It goes before an nkey because a JavaScript client sends the nkey of its sentinel creds along.
 * `jwt` is not read: in operator mode it is the sentinel.
 *
 * @throws Denial for what is no client, and for clients without a credential
 */
export function chooseCredential(client: ClientInfo, options: ConnectOptions): Credential {
  // MQTT and kinds to come are not bound by the permissions of a client alone.
  if (client.kind !== "Client" || !["nats", "websocket"].includes(client.type))
    throw new Denial("client_kind", `${client.kind || "unknown"} ${client.type || "unknown"}`);
  const token = options.auth_token || options.pass;
  if (token) return { kind: "token", token };
  if (options.nkey) return { kind: "nkey", nkey: options.nkey, signature: options.sig, nonce: client.nonce };
  throw new Denial("no_credentials");
}

/**
 * Admits the holder of a verified token, until the token ends or the longest lifetime is over.
 *
 * @param now seconds since the epoch
 * @throws Denial
 */
export function admitUser(rules: AuthRules, claims: TokenClaims, clockSkewSeconds: number, now: number): Admission {
  const explanation = explainPermissions(rules, claims);
  if ("denied" in explanation) throw new Denial(explanation.denied, explanation.detail);
  // A token that is accepted only for the skew between clocks would give a JWT that has ended: it ends with the skew.
  const tokenEnd = Math.floor(claims.exp > now ? claims.exp : claims.exp + clockSkewSeconds);
  return { grant: explanation.grant, expiresAt: Math.min(tokenEnd, now + rules.maxLifetimeSeconds) };
}

/**
 * Admits a leaf node that signed the server's nonce with its nkey and has shown a certificate of its own, until that ends or
 * the longest lifetime is over: its link then begins anew. Leaf nodes are nobody's but those that the rules name.
 *
 * @param chains of certificates that the server verified
 * @param now seconds since the epoch
 * @throws Denial
 */
export function admitLeaf(
  rules: AuthRules,
  client: ClientInfo,
  { nkey: shown, jwt, sig }: ConnectOptions,
  chains: readonly (readonly string[])[],
  now: number,
): Admission {
  const leafs = rules.leafs ?? {};
  const nkey = shown || userOf(jwt);
  const leaf = Object.hasOwn(leafs, nkey) ? leafs[nkey] : undefined;
  if (!leaf) throw new Denial("client_kind", `${client.kind} ${client.type || "unknown"}`);
  if (!isSigned(nkey, sig, client.nonce)) throw new Denial("nkey_signature", leaf.name);
  const certificateEndsAt = certificateEnd(chains, leaf.certificate);
  if (certificateEndsAt === undefined) throw new Denial("certificate", leaf.name);
  const { account, name, publish, subscribe } = leaf;
  const listed = ({ allow, deny = [] }: typeof publish) => ({ allow, deny });
  const grant = { account, name, publish: listed(publish), subscribe: listed(subscribe) };
  return { grant, expiresAt: Math.min(certificateEndsAt, now + rules.maxLifetimeSeconds) };
}

/** Key of the user that a JWT is of. What else it says does not count: the rules know the key, and its signature is proof. */
function userOf(jwt: string): string {
  const read = readNatsJwt(jwt, "A");
  const { sub } = ("payload" in read ? read.payload : {}) as { sub?: unknown };
  return typeof sub === "string" ? sub : "";
}

// Clients write base64 with either alphabet; Node reads both.
const isSigned = (nkey: string, signature: string, nonce: string): boolean =>
  nonce !== "" && verifySignature("U", nkey, nonce, Buffer.from(signature, "base64"));

/**
 * Admits a service that signed the server's nonce with its nkey.
 *
 * @param now seconds since the epoch
 * @throws Denial
 */
export function admitService(rules: AuthRules, login: Credential & { kind: "nkey" }, now: number): Admission {
  const { nkey, signature, nonce } = login;
  const service = Object.hasOwn(rules.services, nkey) ? rules.services[nkey] : undefined;
  if (!service) throw new Denial("nkey_unknown");
  if (!isSigned(nkey, signature, nonce)) throw new Denial("nkey_signature", service.name);
  return { grant: servicePermissions(rules, nkey, service), expiresAt: now + rules.maxLifetimeSeconds };
}

import { createHash } from "node:crypto";
import { encodeBase32 } from "./base32";
import { type NkeyKind, type SigningKey, verifySignature } from "./nkey";

/** Claims that every NATS JWT carries, in the order in which NATS writes and hashes them. */
export interface NatsClaims {
  aud?: string;
  /** Seconds since the epoch. */
  exp?: number;
  name?: string;
  sub: string;
}

const HEADER = encodePart({ typ: "JWT", alg: "ed25519-nkey" });

/**
 * Signs a NATS JWT, version 2.
 *
 * @param nats the claims of its type, `type` included; `version` is added
 * @param issuedAt seconds since the epoch
 */
export function signNatsJwt(claims: NatsClaims, nats: object, signer: SigningKey, issuedAt: number): string {
  const { aud, exp, name, sub } = claims;
  const standard = { iat: issuedAt, iss: signer.publicKey, name, sub };
  const payload = { aud, exp, jti: digest({ aud, exp, ...standard }), ...standard, nats: { ...nats, version: 2 } };
  const signed = `${HEADER}.${encodePart(payload)}`;
  return `${signed}.${signer.sign(signed).toString("base64url")}`;
}

/** Result of reading a NATS JWT. */
export type ReadNatsJwt = { payload: unknown } | { problem: "malformed" | "bad_issuer" | "bad_signature" };

/** Reads a NATS JWT that a key of one kind signed; the payload is returned only when the signature is right. */
export function readNatsJwt(jwt: string, issuerKind: NkeyKind): ReadNatsJwt {
  const [header, payload, signature, ...rest] = jwt.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0)
    return { problem: "malformed" };
  const { alg } = (decodePart(header) ?? {}) as { alg?: unknown };
  const claims = decodePart(payload);
  if (alg !== "ed25519-nkey" || typeof claims !== "object" || claims === null) return { problem: "malformed" };
  const { iss } = claims as { iss?: unknown };
  if (typeof iss !== "string" || !iss.startsWith(issuerKind)) return { problem: "bad_issuer" };
  if (!verifySignature(issuerKind, iss, `${header}.${payload}`, Buffer.from(signature, "base64url")))
    return { problem: "bad_signature" };
  return { payload: claims };
}

/** The id of a JWT as nats-io/jwt makes it: the digest of its standard claims without the id. */
const digest = (claims: object): string =>
  encodeBase32(createHash("sha512-256").update(JSON.stringify(claims)).digest());

function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}

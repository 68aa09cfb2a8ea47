import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";

/** Algorithms of tokens. Symmetric ones and `none` do not exist here. */
export const TOKEN_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "EdDSA",
] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** A key of the issuer, and the one algorithm it is for where the issuer says so. */
export interface VerificationKey {
  key: KeyObject;
  algorithm?: string;
}

const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 65537n;
const MAX_KEYS = 100;

/**
 * The usable keys of a key set by `kid`.
 *
 * Left out: keys without `kid` or with one that another key has, too, for encryption, for algorithms that are not
 * accepted, RSA below 2048 bits or with an exponent below 65537.
 *
 * @throws Error when the text is no key set or holds no usable key
 */
export function readKeySet(text: string, algorithms: readonly TokenAlgorithm[]): ReadonlyMap<string, VerificationKey> {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error("the document is no JSON Web Key Set");
  if (keys.length > MAX_KEYS) throw new Error(`the key set holds more than ${MAX_KEYS} keys`);

  const kids = keys.map((jwk) => jwk?.kid);
  const isUnique = (kid: unknown) => kids.indexOf(kid) === kids.lastIndexOf(kid);
  const usable = new Map<string, VerificationKey>();
  for (const jwk of keys) {
    const key = verificationKey(jwk, algorithms);
    if (key && typeof jwk.kid === "string" && isUnique(jwk.kid)) usable.set(jwk.kid, key);
  }
  if (usable.size === 0) throw new Error("the key set holds no usable key");
  return usable;
}

function verificationKey(jwk: JsonWebKey, algorithms: readonly TokenAlgorithm[]): VerificationKey | undefined {
  const { use, alg, key_ops: operations } = jwk ?? {};
  if (use !== undefined && use !== "sig") return undefined;
  if (Array.isArray(operations) && !operations.includes("verify")) return undefined;
  if (alg !== undefined && !algorithms.some((algorithm) => algorithm === alg)) return undefined;
  try {
    const key = createPublicKey({ key: publicPart(jwk), format: "jwk" });
    return isStrong(key) ? { key, ...(typeof alg === "string" && { algorithm: alg }) } : undefined;
  } catch {
    return undefined;
  }
}

/** A private key that was published by mistake still verifies only. */
const publicPart = ({ kty, n, e, crv, x, y }: JsonWebKey): JsonWebKey => ({ kty, n, e, crv, x, y });

function isStrong(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  return key.asymmetricKeyType !== "rsa" || (modulusLength >= MIN_RSA_BITS && publicExponent >= MIN_RSA_EXPONENT);
}

import { errors, jwtVerify } from "jose";
import type { TokenAlgorithm, VerificationKey } from "./jwks";
import { Denial } from "./reasons";
import { parseStrictObject } from "./strict-json";

/** Claims of a token that was verified. Everything but `sub` and `exp` is unchecked text of the issuer. */
export type TokenClaims = Readonly<Record<string, unknown>> & { sub: string; exp: number };

/** Conditions that a token is judged by. */
export interface TokenPolicy {
  /** The exact `iss`. */
  issuer: string;
  /** Must be `aud`, or one of its elements. */
  audience: string;
  algorithms: readonly TokenAlgorithm[];
  clockSkewSeconds: number;
  /** The issuer's key of that id, or undefined. */
  findKey: (kid: string) => Promise<VerificationKey | undefined>;
}

export const MAX_TOKEN_BYTES = 16 * 1024;
const MAX_KID_LENGTH = 256;
/** Three parts of the base64url alphabet, none empty: no padding, no spaces, no unsecured JWT, no JWE. */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;
/** Parameters by which a token would bring its own key or change what is signed. A nested JWT has `cty`. */
const REFUSED_PARAMETERS = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "cty", "zip", "enc"];
const TYPES = ["jwt", "at+jwt", "application/at+jwt"];
/** Claims of ID tokens and of logout tokens; an issuer that uses one audience for everything signs those for us too. */
const FOREIGN_CLAIMS = ["at_hash", "c_hash", "s_hash", "events"];
/** Keycloak names the kind of a token in a claim. */
const FOREIGN_KINDS = ["ID", "Refresh", "Offline", "Logout"];

/**
 * The claims of an OIDC access token.
 *
 * Everything that can be refused without the issuer's keys is refused before they are looked up.
 *
 * @param now seconds since the epoch
 * @throws Denial with the reason
 */
export async function verifyToken(token: string, policy: TokenPolicy, now: number): Promise<TokenClaims> {
  if (token.length > MAX_TOKEN_BYTES) throw new Denial("token_too_large", `more than ${MAX_TOKEN_BYTES} bytes`);
  const [, header, payload, signature] = COMPACT.exec(token) ?? [];
  const parameters = parsePart(header);
  const claims = parsePart(payload);
  if (!parameters || !claims || !decodePart(signature)) throw new Denial("token_malformed");

  const { algorithm, kid } = checkHeader(parameters, policy.algorithms);
  checkClaims(claims, policy.clockSkewSeconds, now);

  const found = await policy.findKey(kid);
  if (!found) throw new Denial("token_unknown_key");
  if (found.algorithm !== undefined && found.algorithm !== algorithm)
    throw new Denial("token_key", `the key is for ${found.algorithm}`);
  await verify(token, found, policy, now);
  return claims as TokenClaims;
}

function parsePart(part: string | undefined): Record<string, unknown> | undefined {
  const bytes = decodePart(part);
  return bytes && parseStrictObject(bytes);
}

/**
 * The bytes of a part; undefined unless the text is their one canonical encoding: the last character has bits to spare.
 */
function decodePart(part: string | undefined): Buffer | undefined {
  if (part === undefined) return undefined;
  const bytes = Buffer.from(part, "base64url");
  return bytes.toString("base64url") === part ? bytes : undefined;
}

function checkHeader(header: Record<string, unknown>, algorithms: readonly TokenAlgorithm[]) {
  const { alg, kid, typ } = header;
  const algorithm = algorithms.find((accepted) => accepted === alg);
  if (!algorithm) throw new Denial("token_algorithm");
  const refused = REFUSED_PARAMETERS.find((parameter) => Object.hasOwn(header, parameter));
  if (refused !== undefined) throw new Denial("token_header", `${refused} is not accepted`);
  if (typ !== undefined && !(typeof typ === "string" && TYPES.includes(typ.toLowerCase())))
    throw new Denial("token_header", "typ is not that of an access token");
  if (typeof kid !== "string" || kid === "" || kid.length > MAX_KID_LENGTH)
    throw new Denial("token_header", "kid must name a key");
  return { algorithm, kid };
}

/** Checks the claims that jose leaves open: numbers without meaning, tokens from the future, ID tokens. */
function checkClaims(claims: Record<string, unknown>, clockSkewSeconds: number, now: number): void {
  const { sub, exp, iat, nbf, token_use: use, typ } = claims;
  if (typeof sub !== "string" || sub === "") throw new Denial("token_claims", "sub must be text");
  if (!isTime(exp)) throw new Denial("token_claims", "exp must be a time");
  if (iat !== undefined && !isTime(iat)) throw new Denial("token_claims", "iat must be a time");
  if (nbf !== undefined && !isTime(nbf)) throw new Denial("token_claims", "nbf must be a time");
  if (isTime(iat) && iat > now + clockSkewSeconds) throw new Denial("token_not_yet_valid", "iat");
  if (use !== undefined && use !== "access") throw new Denial("token_claims", "token_use is not access");
  const foreign = FOREIGN_CLAIMS.find((claim) => Object.hasOwn(claims, claim));
  if (foreign !== undefined) throw new Denial("token_claims", `${foreign} is for another kind of token`);
  if (FOREIGN_KINDS.some((kind) => kind === typ))
    throw new Denial("token_claims", "typ is not that of an access token");
}

/** Seconds since the epoch up to the year 9999. */
const isTime = (value: unknown): value is number => typeof value === "number" && value > 0 && value < 253_402_300_800;

async function verify(token: string, { key }: VerificationKey, policy: TokenPolicy, now: number): Promise<void> {
  try {
    await jwtVerify(token, key, {
      algorithms: [...policy.algorithms],
      issuer: policy.issuer,
      audience: policy.audience,
      requiredClaims: ["sub", "exp"],
      clockTolerance: policy.clockSkewSeconds,
      currentDate: new Date(now * 1000),
    });
  } catch (error) {
    throw new Denial(denialReason(error));
  }
}

function denialReason(error: unknown) {
  if (error instanceof errors.JWSSignatureVerificationFailed) return "token_signature";
  if (error instanceof errors.JWTExpired) return "token_expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "iss") return "token_issuer";
    if (error.claim === "aud") return "token_audience";
    if (error.claim === "nbf") return "token_not_yet_valid";
    return "token_claims";
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return "token_malformed";
  // The remaining errors are about the key, such as one of another kind than the algorithm.
  return "token_key";
}

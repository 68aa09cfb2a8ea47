import { webcrypto } from "node:crypto";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";
import type { TwinFolder } from "../core/twin-folder";

/** The signing key of the twin's OIDC issuer, made on first use; a private JWK. */
export async function ensureIssuerKey(folder: TwinFolder): Promise<Record<string, unknown>> {
  const path = issuerKeyPath(folder);
  const stored = readIfThere(path);
  if (stored) return JSON.parse(stored) as Record<string, unknown>;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
  const kid = Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex");
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: "RS256", use: "sig" };
  writeFileAtomically(path, `${JSON.stringify(jwk)}\n`, privateFile);
  return jwk;
}

export const issuerKeyPath = (folder: TwinFolder) => folder.credentials("oidc-issuer.jwk");

export interface TokenProps {
  /** The `iss` of the tokens: the environment's own, so that the callout is configured as in the deployment. */
  issuer: string;
  audience: string;
  sub: string;
  claims?: Record<string, unknown>;
  /** @default 3600 */
  expiresInSeconds?: number;
}

/** A token as the environment's issuer would sign it, signed by the twin's. */
export async function signToken(jwk: Record<string, unknown>, props: TokenProps): Promise<string> {
  const { issuer, audience, sub, claims, expiresInSeconds = 3600 } = props;
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "RS256", kid: String(jwk.kid), typ: "JWT" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + expiresInSeconds)
    .sign(await importJWK(jwk, "RS256"));
}

import { webcrypto } from "node:crypto";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import { z } from "zod";
import { privateFile, writeFileAtomically } from "../../artifacts/files";
import type { Environment } from "../../model/config";
import { readOwn } from "../core/own-file";
import type { TwinFolder } from "../core/twin-folder";

/** A private key of the twin's OIDC issuer, as JSON. */
export type IssuerKey = Record<string, unknown> & { alg: string; kid: string };

/**
 * The signing key of the twin's OIDC issuer, made on first use, and anew when the environment no longer accepts its
 * algorithm.
 */
export async function ensureIssuerKey(
  folder: TwinFolder,
  { algorithms }: Environment["identity"]["oidc"],
): Promise<IssuerKey> {
  const path = issuerKeyPath(folder);
  const key = readIssuerKey(folder);
  if (key && algorithms.some((algorithm) => algorithm === key.alg)) return key;
  const alg = algorithms[0] ?? "RS256";
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const kid = Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString("hex");
  const jwk = { ...(await exportJWK(privateKey)), kid, alg, use: "sig" };
  writeFileAtomically(path, `${JSON.stringify(jwk)}\n`, privateFile);
  return jwk;
}

const Jwk = z.looseObject({ kty: z.string(), alg: z.string(), kid: z.string() });

/**
 * The signing key of the twin's OIDC issuer; `undefined` when none was made yet.
 *
 * @throws UserError when its file is damaged
 */
export const readIssuerKey = (folder: TwinFolder): IssuerKey | undefined =>
  readOwn(
    issuerKeyPath(folder),
    (text) => Jwk.parse(JSON.parse(text)),
    "remove it, and natsform up makes another one; tokens that were signed with it are no longer valid",
  );

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
export async function signToken(jwk: IssuerKey, props: TokenProps): Promise<string> {
  const { issuer, audience, sub, claims, expiresInSeconds = 3600 } = props;
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: jwk.alg, kid: jwk.kid, typ: "JWT" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + expiresInSeconds)
    .sign(await importJWK(jwk, jwk.alg));
}

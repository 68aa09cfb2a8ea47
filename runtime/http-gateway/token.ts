import { createHash } from "node:crypto";
import { Problem } from "./problems";

/**
 * Who calls, by the token alone. Nothing here is verified: the auth callout does that when the token is used to connect,
 * and what a claim says counts only then.
 */
export interface Caller {
  token: string;
  /** Digest of the whole token. Connections belong to it: two tokens of one `sub` may have other rights. */
  key: string;
  sub: string;
  issuer: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

const MAX_TOKEN_LENGTH = 8192;

/**
 * Reads an `Authorization` header.
 *
 * @throws Problem for what can be no valid token: it is not worth a question to the callout
 */
export function callerOf(authorization: string | undefined, now: number): Caller {
  const [, token] = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i.exec(authorization ?? "") ?? [];
  if (authorization === undefined || authorization === "") throw new Problem("token-missing");
  if (token === undefined || token.length > MAX_TOKEN_LENGTH) throw new Problem("token-refused");
  const { sub, iss, exp } = claimsOf(token);
  if (typeof sub !== "string" || sub === "" || typeof exp !== "number") throw new Problem("token-refused");
  const expires = exp * 1000;
  if (!(expires > now)) throw new Problem("token-refused");
  return { token, key: digest(token), sub, issuer: typeof iss === "string" ? iss : "", expires };
}

function claimsOf(token: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export const digest = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("base64url");

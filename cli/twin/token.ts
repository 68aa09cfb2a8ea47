import { UserError } from "../core/project";
import type { Twin } from "./context";
import { ensureIssuerKey, signToken } from "./issuer";

/** `roles=["editor"]` as a claim; a value that is not JSON is text. */
export function parseClaim(text: string): [string, unknown] {
  const split = text.indexOf("=");
  if (split <= 0) throw new UserError(`a claim must be NAME=VALUE, got ${text}`, `--claim 'roles=["editor"]'`);
  const value = text.slice(split + 1);
  try {
    return [text.slice(0, split), JSON.parse(value)];
  } catch {
    return [text.slice(0, split), value];
  }
}

/** A token of the twin's issuer with the environment's issuer and audience. */
export async function mintToken(
  twin: Twin,
  { sub, claims = [], expiresInSeconds }: { sub: string; claims?: string[]; expiresInSeconds?: number },
): Promise<string> {
  const { oidc } = twin.topology.identity;
  const { issuer, audience } = oidc;
  const key = await ensureIssuerKey(twin.folder, oidc);
  return signToken(key, {
    issuer,
    audience,
    sub,
    expiresInSeconds,
    claims: Object.fromEntries(claims.map(parseClaim)),
  });
}

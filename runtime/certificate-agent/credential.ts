import { fromSeed } from "nkeys.js";
import { seedOfCreds } from "../common/creds";
import { leafInclude } from "../common/leaf-include";
import { readNatsJwt } from "../nkeys/nats-jwt";
import { signingKey } from "../nkeys/nkey";

/**
 * The content of a credentials file, from the secret's value: a `.creds` file as it is, a seed as an include that sets
 * it.
 *
 * @throws when the value is neither; no message quotes it
 */
export function credentialContent(file: string, secret: string): string {
  const value = secret.trim();
  if (file.endsWith(".creds")) {
    const problem = credsProblem(value);
    if (problem) throw new Error(problem);
    return `${value}\n`;
  }
  if (!isSeed(value)) throw new Error("the secret holds no seed of a user");
  return leafInclude(value);
}

/** A JWT that is cut, altered, or another user's is refused by the hub: the link would be down, and reload after reload. */
function credsProblem(creds: string): string | undefined {
  const key = signingKey("U", seedOfCreds(creds) ?? "");
  const jwt = /-----BEGIN NATS USER JWT-----\s+(\S+)/.exec(creds)?.[1];
  if (!key || !jwt) return "the secret holds no creds";
  const read = readNatsJwt(jwt, "A");
  if ("problem" in read) return "the JWT in the secret's creds is cut or altered";
  const { sub } = read.payload as { sub?: unknown };
  return sub === key.publicKey ? undefined : "the JWT in the secret's creds is of another key than the seed";
}

function isSeed(text: string): boolean {
  if (!text.startsWith("SU")) return false;
  try {
    fromSeed(new TextEncoder().encode(text)).clear();
    return true;
  } catch {
    return false;
  }
}

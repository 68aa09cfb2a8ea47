import { fromSeed } from "nkeys.js";
import { seedOfCreds } from "../common/creds";
import { leafInclude } from "../common/leaf-include";

/**
 * The content of a credentials file, from the secret's value: a `.creds` file as it is, a seed as an include that sets
 * it.
 *
 * @throws when the value is neither; no message quotes it
 */
export function credentialContent(file: string, secret: string): string {
  const value = secret.trim();
  if (file.endsWith(".creds")) {
    if (!value.includes("-----BEGIN NATS USER JWT-----") || !isSeed(seedOfCreds(value) ?? ""))
      throw new Error("the secret holds no creds");
    return `${value}\n`;
  }
  if (!isSeed(value)) throw new Error("the secret holds no seed of a user");
  return leafInclude(value);
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

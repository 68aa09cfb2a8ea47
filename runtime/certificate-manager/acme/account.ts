import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { type Secrets, Superseded } from "../ports";

/** The key of the ACME account; it is created and stored at the first run. */
export async function accountKey(secrets: Secrets, name: string): Promise<string> {
  const stored = await secrets.read(name);
  if (stored) return checked(stored.value, name);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  try {
    await secrets.write(name, key, undefined);
    return key;
  } catch (error) {
    const written = error instanceof Superseded ? await secrets.read(name) : undefined;
    if (!written) throw error;
    return checked(written.value, name);
  }
}

function checked(key: string, name: string): string {
  try {
    createPrivateKey(key);
    return key;
  } catch {
    throw new Error(`secret ${name} holds no private key: restore its previous version`);
  }
}

import { UserError } from "../project";
import type { KeyStore } from "./store";

/** Keys that never leave the place where they were made: whoever holds one can replace everything below it. */
const stays = (name: string) => name === "operator" || name.startsWith("account-");

/**
 * Copies what deployed programs need into the deployment's store. Idempotent.
 *
 * @throws UserError when there is nothing to copy
 */
export async function copyKeys(from: KeyStore, to: KeyStore): Promise<{ written: number; unchanged: number }> {
  const names = (await from.list()).filter((name) => !stays(name));
  if (names.length === 0) throw new UserError(`there are no keys in ${from.description}`, "natsform keys init");
  let written = 0;
  for (const name of names) {
    const value = (await from.read(name)) as string;
    if ((await to.read(name)) === value) continue;
    await to.write(name, value);
    written++;
  }
  return { written, unchanged: names.length - written };
}

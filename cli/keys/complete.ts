import type { Trust } from "../../model/config";
import { backupKeySecret, type Topology } from "../../model/topology";
import { UserError } from "../core/project";
import { BufferedStore } from "./buffered-store";
import type { KeyStore } from "./key-store";
import { type MadeKeys, makeKeys } from "./make";
import { listedNames } from "./trusted-keys";

export interface CompleteProps {
  /** Trust file of the run before. */
  previous?: Trust;
  /** Keys that may be made anew although the trust file knows them. */
  replace?: readonly string[];
  /** The environment as `natsform keys` is told it, for the message: `demo --twin`. */
  named: string;
  /** Trust file of an imported operator, for a twin of its own. */
  like?: Trust;
}

/**
 * Makes every key that the store lacks, as `makeKeys`, but none that the trust file knows: a lost key is to be restored.
 * With another one what belongs to it can be reached no more. Nothing is written where one is missing.
 *
 * @throws UserError that names all of them
 */
export async function completeKeys(topology: Topology, store: KeyStore, props: CompleteProps): Promise<MadeKeys> {
  const { previous, replace = [], named, like } = props;
  const buffered = new BufferedStore(store);
  const made = await makeKeys(topology, buffered, previous, undefined, like);
  const lost = previous ? lostKeys(previous, made).filter((name) => !replace.includes(name)) : [];
  if (lost.length > 0) {
    const list = lost.map((name) => `  ${name}: ${consequence(name, topology)}`).join("\n");
    throw new UserError(
      `${store.description} has lost keys that the trust file knows; made anew, they would be others:\n${list}`,
      `restore them: natsform keys import ${named} FILE; or give that up: natsform keys init ${named} --replace ${lost.join(" ")}`,
    );
  }
  await buffered.commit();
  return made;
}

/** Keys that were made although the trust file knows them. Pure. */
export function lostKeys(previous: Trust, { created }: Pick<MadeKeys, "created">): string[] {
  const known = listedNames(previous);
  return created.filter((name) => known.includes(name));
}

/** What another key of this name means. */
function consequence(name: string, { identity }: Topology): string {
  if (name === backupKeySecret) return "backups that were encrypted with it can be read no more";
  if (name === "operator") return "servers no longer accept any account that the old one signed";
  if (name.startsWith("account-") && identity.mode === "operator")
    return `streams of ${name.slice("account-".length)} can be reached no more`;
  if (name.startsWith("user-")) return "who logs in with the old one is refused";
  return "until all servers and programs have the new one, nobody is admitted";
}

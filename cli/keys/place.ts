import { join } from "node:path";
import { trustFile } from "../../model/config/load";
import { UserError } from "../core/project";
import { twinFolder } from "../core/twin-folder";
import type { KeyStore } from "./key-store";
import { openStore } from "./store";

export interface KeyPlaceOptions {
  twin?: boolean;
  store?: string;
}

/** Where an environment's keys are and their trust file: the deployment's, or those of the local twin. */
export interface KeyPlace {
  store: KeyStore;
  trust: string;
  lock: string;
}

export function keyPlace(root: string, name: string, { twin, store }: KeyPlaceOptions): KeyPlace {
  const folder = twinFolder(root, name);
  if (twin && store) throw new UserError("the twin's keys have a folder of their own", "leave out --store");
  if (twin) return { store: openStore(`file:${folder.keys}`), trust: folder.trust, lock: folder.lock };
  const local = join(folder.environment, "keys");
  return { store: openStore(store ?? `file:${local}`), trust: trustFile(name, root), lock: `${local}.lock` };
}

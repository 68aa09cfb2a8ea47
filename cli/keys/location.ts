import { workFolder } from "../../artifacts/work-folder";
import { trustFile } from "../../model/config/load";
import { UserError } from "../core/project";
import { twinFolder } from "../core/twin-folder";
import type { KeyStore } from "./key-store";
import { openStore } from "./store";

export interface KeyLocationOptions {
  twin?: boolean;
  store?: string;
}

/** Key store, trust file and lock of an environment: the deployment's, or those of the local twin. */
export interface KeyLocation {
  store: KeyStore;
  trust: string;
  lock: string;
}

export function keyLocation(root: string, name: string, { twin, store }: KeyLocationOptions): KeyLocation {
  const folder = twinFolder(root, name);
  if (twin && store) throw new UserError("the twin's keys have a folder of their own", "leave out --store");
  if (twin) return { store: openStore(`file:${folder.keys}`), trust: folder.trust, lock: folder.lock };
  const { keysLock } = workFolder(root).environment(name);
  return { store: openStore(storeUrl(root, name, store)), trust: trustFile(name, root), lock: keysLock };
}

/** The store that is named, or the environment's folder on this machine. */
export const storeUrl = (root: string, name: string, named?: string): string =>
  named ?? `file:${workFolder(root).environment(name).keys}`;

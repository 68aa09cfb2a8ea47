import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { makeFolders } from "../../bin/make-folders";

/**
 * Makes a new file and returns when its content is on the disk.
 *
 * @param mode what it has whatever the umask is: a secret must not depend on that
 */
export function writeDurably(path: string, content: string | Uint8Array, mode: number): void {
  const file = openSync(path, "wx", mode);
  try {
    fchmodSync(file, mode);
    writeFileSync(file, content);
    fsyncSync(file);
  } catch (error) {
    // A disk that is full is known to the descriptor alone.
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  } finally {
    closeSync(file);
  }
}

/** Gives a file or folder its name, and returns when a power cut no longer takes the name away. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
}

/** Makes a folder with those above it; each that is new is in its parent folder on the disk. */
export function makeFoldersDurably(path: string, mode: number): void {
  const first = makeFolders(path, mode);
  if (first === undefined) return;
  for (let at = resolve(path); ; at = dirname(at)) {
    syncFolder(dirname(at));
    if (at === first || dirname(at) === at) return;
  }
}

/** File systems without a sync of folders keep names as they can: the write itself is not to fail for it. */
const withoutSync = ["EINVAL", "ENOTSUP", "EPERM", "EISDIR"];

/** Names are data of their folder: without this a power cut may forget them. */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } catch (error) {
    if (!withoutSync.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    closeSync(folder);
  }
}

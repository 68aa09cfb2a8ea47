import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { privateFile, readIfThere } from "../../artifacts/files";
import { isRunning, parseRecord, recordOf } from "./processes";
import { UserError } from "./project";

/**
 * Runs `work` while no other command changes the same twin, deployment or keys.
 *
 * @throws UserError when one does
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  acquire(path);
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function acquire(path: string): void {
  const own = `${path}.${process.pid}`;
  // Linked with its content already in it: no process ever reads a lock without its owner.
  writeFileSync(own, JSON.stringify(recordOf(process.pid)), { mode: privateFile });
  try {
    if (linked(own, path)) return;
    const found = readIfThere(path);
    if (found !== undefined) {
      const owner = parseRecord(found);
      if (owner && isRunning(owner)) throw busy(owner.pid);
      removeStale(path, found);
    }
    if (!linked(own, path)) throw busy(parseRecord(readIfThere(path) ?? "")?.pid);
  } finally {
    rmSync(own, { force: true });
  }
}

const busy = (pid: number | undefined) =>
  new UserError(
    `another natsform command works on this environment${pid ? ` (process ${pid})` : ""}`,
    "wait until it has ended",
  );

function linked(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes the lock of a killed command; a lock that another command has put there meanwhile is put back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readIfThere(aside) !== stale) linked(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

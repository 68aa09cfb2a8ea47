import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { cacheFolder } from "../../../bin/cache-folder";
import { makeFolders } from "../../../bin/make-folders";
import { makeFoldersDurably, renameDurably } from "../../../runtime/common/durable-files";

/**
 * Runs `work` in a new folder beside the places of tools, and removes it afterwards. Two commands that make the same tool
 * at once have two folders; that of a killed one is removed by the next.
 */
export async function inWorkFolder<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const all = join(cacheFolder(), "making");
  makeFolders(all);
  removeAbandoned(all);
  const folder = mkdtempSync(join(all, `${name}.${host}.${process.pid}.`));
  try {
    return await work(folder);
  } finally {
    // What was interrupted may still be ending.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Containers may share the cache: a process is known by its id on its own machine alone. */
const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, "-");

function removeAbandoned(all: string): void {
  for (const name of readdirSync(all)) {
    const [, machine, pid] = /\.([A-Za-z0-9-]+)\.(\d+)\.[^.]+$/.exec(name) ?? [];
    if (machine === host && pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(all, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Moves what was made to its place, as a whole and once it is on the disk: after a power cut it is there or it is not,
 * and is never taken for whole with empty files. A file replaces what is there. A folder does so only when that is not
 * whole: a whole one was made by another command meanwhile, and may be in use.
 */
export function putInPlace(made: string, place: string, isWhole: () => boolean): void {
  makeFoldersDurably(dirname(place), 0o755);
  syncFileSystem(made);
  try {
    renameDurably(made, place);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOTDIR", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw error;
    if (isWhole()) return;
    renameSync(place, join(dirname(made), `${basename(place)}.broken`));
    renameDurably(made, place);
  }
}

/** A tool may have thousands of files: all are synced at once. Not every system can do that for one file system alone. */
function syncFileSystem(path: string): void {
  if (spawnSync("sync", ["-f", path], { stdio: "ignore" }).status !== 0) spawnSync("sync", { stdio: "ignore" });
}

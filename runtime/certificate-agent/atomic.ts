import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeFoldersDurably, renameDurably, syncFolder, writeDurably } from "../common/durable-files";

/**
 * Name of a half-written file: another run may remove it. Names are fixed, so a killed run leaves at most one of each.
 */
const temporary = (path: string) => join(dirname(path), `.${basename(path)}.tmp`);

/** Writes a file as a whole or not at all, also when the process is killed or the machine loses power. */
export function replaceFile(path: string, content: string, mode = 0o644): void {
  makeFoldersDurably(dirname(path), 0o755);
  const half = temporary(path);
  rmSync(half, { force: true });
  writeDurably(half, content, mode);
  renameDurably(half, path);
}

/** Makes a folder with all of its files or not at all. A folder that is there already is left alone. */
export function makeFolder(path: string, files: Record<string, { content: string; mode: number }>): void {
  const half = temporary(path);
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  for (const [name, { content, mode }] of Object.entries(files)) writeDurably(join(half, name), content, mode);
  syncFolder(half);
  renameDurably(half, path);
}

/** Points a link to another target: a reader finds the old target or the new one. */
export function replaceLink(path: string, target: string): void {
  const half = temporary(path);
  rmSync(half, { force: true });
  symlinkSync(target, half);
  renameDurably(half, path);
}

/** The content of a file; undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

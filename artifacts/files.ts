import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { makeFoldersDurably, renameDurably, syncFolder, writeDurably } from "../runtime/common/durable-files";

/** Secrets and their folders are for their owner alone. */
export const privateFile = 0o600;
export const privateFolder = 0o700;

/**
 * Writes a file as a whole or not at all: readers see the old content or the new one, also after a crash or a power cut.
 * When it returns, the new one is on the disk. An unchanged file is left alone, so that watchers and modification times
 * stay quiet.
 *
 * @returns whether the content changed
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o644): boolean {
  if (holds(path, content)) {
    // Who wrote it may have been ended before its name was on the disk.
    syncFolder(dirname(path));
    return false;
  }
  makeFoldersDurably(dirname(path), mode === privateFile ? privateFolder : 0o755);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    rmSync(temporary, { force: true });
    writeDurably(temporary, content, mode);
    renameDurably(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return true;
}

function holds(path: string, content: string | Uint8Array): boolean {
  return bytesIfThere(path)?.equals(typeof content === "string" ? Buffer.from(content) : content) ?? false;
}

// ENOTDIR: something that is no folder stands in its way, so there is no such file either.
const isMissing = (error: unknown) => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

/** The content of a file; `undefined` when there is none. */
export const readIfThere = (path: string): string | undefined => bytesIfThere(path)?.toString("utf8");

/** The same as bytes. */
export function bytesIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    // Of a folder the system says so without its name.
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}

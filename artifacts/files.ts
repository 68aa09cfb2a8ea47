import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Secrets and their folders are for their owner alone. */
export const privateFile = 0o600;
export const privateFolder = 0o700;

/**
 * Writes a file as a whole or not at all: readers see the old content or the new one, also after a crash.
 * An unchanged file is left alone, so that watchers and modification times stay quiet.
 *
 * @returns whether the content changed
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o644): boolean {
  if (existsSync(path) && readFileSync(path).equals(typeof content === "string" ? Buffer.from(content) : content))
    return false;
  mkdirSync(dirname(path), { recursive: true, mode: mode === privateFile ? privateFolder : 0o755 });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { mode });
    // `mode` above is cut by the umask; a secret must not depend on it.
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return true;
}

/** The content of a file; `undefined` when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    // ENOTDIR: something that is no folder stands in its way, so there is no such file either.
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Paths of the files below a folder, relative to it and in order. Others may be at work there: what is renamed or removed
 * meanwhile is listed or not, and never an error. None where there is no folder.
 */
export function filesBelow(folder: string, below = ""): string[] {
  return entriesOf(join(folder, below))
    .flatMap((entry) => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return filesBelow(folder, path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

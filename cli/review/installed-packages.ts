import { join, relative } from "node:path";
import { z } from "zod";
import { readIfThere } from "../../artifacts/files";
import { UserError } from "../core/project";

/** Packages of a folder by their paths in it, as npm's lock files have them. */
const Lock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
});

/** What npm writes beside what it has installed, in the form of its lock file. */
const installedFile = "node_modules/.package-lock.json";
/** What npm says that it has installed in a folder; empty where it has installed nothing. */
export const installedIn = (folder: string): string => readIfThere(join(folder, installedFile)) ?? "";

/** Files of package managers by which packages are chosen. npm's are compared; the others' cannot be. */
const lockFiles = ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"];

/** A revision that a change is compared with. */
export interface ComparedRevision {
  /** Files that are others now, by their paths in the repository. */
  files: readonly string[];
  /** Text of a file at that revision; undefined where it has none. */
  read: (path: string) => string | undefined;
}

/**
 * Refuses to run environment files with packages that the change itself chose: what reads a stranger's change is then the
 * stranger's. Where the change touches no lock file, what is installed is not its choice.
 *
 * @param folders of the repository that hold packages which environment files may import: the project's, and those above
 * @throws UserError with packages that differ, or the lock file that cannot be compared
 */
export function assertBasePackages(top: string, folders: readonly string[], before: ComparedRevision): void {
  const problems = [...new Set(folders)].flatMap((folder) => problemsIn(top, folder, before));
  const [first, ...more] = problems;
  if (first === undefined) return;
  const shown = [first, ...more.slice(0, 2)].join("; ");
  throw new UserError(
    `the change chooses its packages, and they are installed: ${shown}${more.length > 2 ? `; and ${more.length - 2} more` : ""}`,
    "install those of the revision that it is compared with, without scripts; where its author is trusted, --trust-head",
  );
}

function problemsIn(top: string, folder: string, { files, read }: ComparedRevision): string[] {
  const inRepository = (file: string) => join(relative(top, folder), file).replaceAll("\\", "/");
  const changed = lockFiles.filter((file) => files.includes(inRepository(file)));
  return changed.flatMap((file) => {
    const text = read(inRepository(file));
    const old = text === undefined ? undefined : lockOf(text);
    const installed = lockOf(installedIn(folder));
    if (!installed || !old)
      return [`${inRepository(file)} is another one, and what is installed cannot be compared with it`];
    return Object.entries(installed).flatMap(([path, one]) => {
      const known = Object.hasOwn(old, path) ? old[path] : undefined;
      if (known && known.version === one.version && known.integrity === one.integrity) return [];
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      const version =
        known === undefined ? "none" : known.version === one.version ? "of another content" : known.version;
      return [`${name} ${one.version} (before: ${version})`];
    });
  });
}

function lockOf(text: string) {
  try {
    return Lock.parse(JSON.parse(text)).packages;
  } catch {
    return undefined;
  }
}

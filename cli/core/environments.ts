import { existsSync, readdirSync, statSync } from "node:fs";
import { workFolder } from "../../artifacts/work-folder";
import { nearest } from "../../model/config/known-keys";
import { listEnvironments } from "../../model/config/load";
import { findProject, UserError } from "./project";

/** @throws UserError outside of a project */
export function projectRoot(): string {
  const root = findProject(process.cwd());
  if (!root) {
    throw new UserError("there is no environments/ folder here or above", "run natsform inside a project");
  }
  return root;
}

/** The environments named, or every one of the project. */
export function chosenEnvironments(root: string, names: readonly string[]): string[] {
  const known = listEnvironments(root);
  if (known.length === 0) throw new UserError("environments/ holds no environment");
  return names.length > 0 ? [...new Set(names)] : known;
}

/**
 * @throws UserError for a name that is neither an environment of the project nor one whose twin or emulated AWS is still
 *   here
 */
export function assertKnown(root: string, names: readonly string[]): void {
  const known = listEnvironments(root);
  const all = [...known, ...twinnedEnvironments(root), ...emulatedEnvironments(root)];
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length === 0) return;
  const near = unknown.length === 1 ? nearest(unknown[0] ?? "", known) : undefined;
  throw new UserError(
    `there is no such environment: ${unknown.join(", ")}`,
    near ? `did you mean ${near}?` : `known: ${known.join(", ") || "none"}`,
  );
}

/** Environments that have a twin on this machine, running or not. */
export const twinnedEnvironments = (root: string): string[] => keptEnvironments(root, "twin");

/** Environments that are deployed to an emulated AWS on this machine. */
export const emulatedEnvironments = (root: string): string[] => keptEnvironments(root, "emulator");

function keptEnvironments(root: string, kept: "twin" | "emulator"): string[] {
  const work = workFolder(root);
  if (!existsSync(work.root)) return [];
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory();
  // A file of a desktop's, such as .DS_Store, has nothing below it: to ask would be an error.
  const folders = readdirSync(work.root).filter((name) => isFolder(work.environment(name).root));
  return folders.filter((name) => isFolder(work.environment(name)[kept]));
}

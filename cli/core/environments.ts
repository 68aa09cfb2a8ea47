import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
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

/** Environments that have a twin on this machine, running or not. */
export const twinnedEnvironments = (root: string): string[] => keptEnvironments(root, "twin");

/** Environments that are deployed to an emulated AWS on this machine. */
export const emulatedEnvironments = (root: string): string[] => keptEnvironments(root, "emulator");

function keptEnvironments(root: string, kept: "twin" | "emulator"): string[] {
  const folder = join(root, ".natsform");
  if (!existsSync(folder)) return [];
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return readdirSync(folder).filter((name) => isFolder(join(folder, name, kept)));
}

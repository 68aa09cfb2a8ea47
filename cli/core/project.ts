import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** The nearest folder upwards that has `environments/`: where an environment's files and its state belong. */
export function findProject(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "environments"))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/** An error that the user can fix: printed without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
  constructor(
    /** The message without the fix. */
    readonly reason: string,
    readonly fix?: string,
  ) {
    super(fix ? `${reason}\n  fix: ${fix}` : reason);
  }
}

/** What is not to be done as it is, however it is confirmed: the command ends with 3, and nothing was touched. */
export class Blocked extends UserError {}

/** A path for messages: relative to the project's root. */
export const shownPath = (root: string, path: string) => relative(root, path) || ".";

import { readFileSync } from "node:fs";
import { errorMessage } from "./error-message";

/** An environment that a program cannot run with; the message names every problem. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/**
 * The value of a variable, or the content of the file that `<name>_FILE` names.
 *
 * @throws EnvironmentError when there is no such file
 */
export function valueOrFile(name: string, direct: string | undefined, file: string | undefined): string | undefined {
  if (file === undefined) return direct;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new EnvironmentError(`${name}_FILE: ${errorMessage(error)}`);
  }
}

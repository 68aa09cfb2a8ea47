import { readFileSync } from "node:fs";
import { EnvironmentError } from "./environment-error";
import { errorMessage } from "./error-message";

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

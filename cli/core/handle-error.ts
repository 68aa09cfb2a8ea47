import { ConfigError } from "../../model/config";
import { UserError } from "./project";

/** Ends the command with what went wrong: plainly where the user can mend it, with a stack where it is our defect. */
export function handleError(error: unknown): void {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else if (error instanceof UserError) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(
      `natsform failed unexpectedly; please report it:\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = 70;
  }
}

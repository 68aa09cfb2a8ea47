import { ConfigError } from "../../model/config";
import { UserError } from "./project";

/** Ends the command with its error: plain text where the user can fix it, with a stack for a defect of natsform. */
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

import { writeSync } from "node:fs";
import { ConfigError, type Problem } from "../../model/config";
import { circumstanceOf } from "./circumstances";
import { Interrupted, interruptCodes } from "./interrupts";
import { printJson } from "./output";
import { Blocked, UserError } from "./project";

/** An error as `--json` prints it. */
interface ErrorJson {
  ok: false;
  error: {
    /**
     * `environment`: a file of the project is wrong; `refused`: the caller can mend it; `blocked`: the change itself is
     * not to be made as it is; `interrupted`: by a signal; `defect`: natsform is wrong.
     */
    code: "environment" | "refused" | "blocked" | "interrupted" | "defect";
    message: string;
    fix?: string;
    file?: string;
    problems?: readonly Problem[];
    stack?: string;
  };
}

/** Ends the command with its error: plain text where the user can fix it, with a stack for a defect of natsform. */
export function handleError(thrown: unknown, json = process.argv.includes("--json")): void {
  const error = circumstanceOf(thrown) ?? thrown;
  process.exitCode = exitCodeOf(error);
  if (json) printJson(asJson(error));
  else if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  // At once: the process may end now, and a list on the terminal keeps what others print until it ends.
  else if (error instanceof Interrupted) writeSync(process.stderr.fd, `${error.message}\n`);
  else if (error instanceof UserError) process.stderr.write(`error: ${error.message}\n`);
  else process.stderr.write(`natsform failed unexpectedly; please report it:\n${stackOf(error)}\n`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return interruptCodes[error.signal];
  if (error instanceof Blocked) return 3;
  return error instanceof ConfigError || error instanceof UserError ? 1 : 70;
}

function asJson(error: unknown): ErrorJson {
  if (error instanceof ConfigError) {
    const { file, problems } = error;
    return { ok: false, error: { code: "environment", message: error.message, file, problems } };
  }
  if (error instanceof UserError) {
    const code = error instanceof Interrupted ? "interrupted" : error instanceof Blocked ? "blocked" : "refused";
    return { ok: false, error: { code, message: error.reason, ...(error.fix && { fix: error.fix }) } };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, error: { code: "defect", message, stack: stackOf(error) } };
}

const stackOf = (error: unknown) => (error instanceof Error ? error.stack : undefined) ?? String(error);

import { writeSync } from "node:fs";
import { config } from "zod";
import { ConfigError } from "../model/config";
import { handleError } from "./core/handle-error";
import { handleInterrupts } from "./core/interrupts";
import { UserError } from "./core/project";
import { buildProgram } from "./program";

// A command parses each schema once or twice: code that zod would generate for it costs more than it saves.
config({ jitless: true });

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever reads has seen enough (`| head`): what is being done is finished, and the rest is told to nobody.
    if (error.code === "EPIPE") return;
    // A disk that is full, for example. What is being done is finished too, but what it says is lost.
    if (process.exitCode === undefined) handleError(Object.assign(error, { path: "what is printed" }), false);
  });
}

handleInterrupts((error) => {
  // The list of a terminal hides the cursor.
  if (process.stdout.isTTY) writeSync(process.stdout.fd, "\u001b[?25h\n");
  handleError(error);
  process.exit();
});

/**
 * A terminal's interrupt reaches every process that a command has started, and what these fail with can be here before the
 * signal itself. That is no error of theirs, and the signal ends the command.
 */
const signalMs = 100;

buildProgram()
  .parseAsync()
  .catch((error: unknown) => {
    const expected = error instanceof UserError || error instanceof ConfigError;
    if (expected) handleError(error);
    else setTimeout(() => handleError(error), signalMs);
  });

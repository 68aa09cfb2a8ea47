import { writeSync } from "node:fs";
import { config } from "zod";
import { handleError } from "./core/handle-error";
import { handleInterrupts } from "./core/interrupts";
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

buildProgram().parseAsync().catch(handleError);

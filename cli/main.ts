import { config } from "zod";
import { handleError } from "./core/handle-error";
import { buildProgram } from "./program";

// A command parses each schema once or twice: code that zod would generate for it costs more than it saves.
config({ jitless: true });

// Whoever reads has seen enough (`| head`): what is being done is finished, and the rest is told to nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

buildProgram().parseAsync().catch(handleError);

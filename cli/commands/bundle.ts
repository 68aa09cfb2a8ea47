import type { Command } from "commander";
import { bundleProgram } from "../../artifacts/bundle";
import { print } from "../core/output";
import { UserError } from "../core/project";

/** Programs that can be used without the rest of natsform. */
const programs: Record<string, string> = {
  "auth-callout": "runtime/auth-callout/main.ts",
  backup: "runtime/backup/main.ts",
  streams: "runtime/streams/main.ts",
};

export function registerBundle(program: Command): void {
  program
    .command("bundle")
    .argument("<program>", Object.keys(programs).join(", "))
    .description("write a program as one file that node runs by itself, for use without the rest of natsform")
    .requiredOption("--out <file>", "file to write, for example auth-callout.cjs")
    .action((name: string, { out }: { out: string }) => {
      const entry = programs[name];
      if (!entry) throw new UserError(`no such program: ${name}`, `known: ${Object.keys(programs).join(", ")}`);
      bundleProgram(entry, out);
      print(`${out} written; run it with node ${out}`);
    });
}

import type { Command } from "commander";
import { bundleProgram } from "../../artifacts/bundle";
import { programModel, programNames } from "../../model/topology";
import { print } from "../core/output";
import { UserError } from "../core/project";

/** Programs that can be used without the rest of natsform. */
const known = programNames.filter((name) => programModel(name).standalone).sort();

export function registerBundle(program: Command): void {
  program
    .command("bundle")
    .argument("<program>", known.join(", "))
    .description("bundle a program into one file that node runs, for use without the rest of natsform")
    .requiredOption("--out <file>", "file to write, for example auth-callout.cjs")
    .action((name: string, { out }: { out: string }) => {
      const entry = known.find((one) => one === name);
      if (!entry) throw new UserError(`no such program: ${name}`, `known: ${known.join(", ")}`);
      bundleProgram(`runtime/${entry}/main.ts`, out);
      print(`${out} written; run it with node ${out}`);
    });
}

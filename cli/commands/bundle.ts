import { Command } from "@commander-js/extra-typings";

export const bundle = () =>
  new Command("bundle")
    .argument("<program>", "for example auth-callout")
    .description("write a program as one file that node runs, for use without the rest of natsform")
    .requiredOption("--out <file>", "file to write, for example auth-callout.cjs")
    .action(async (program, options) => (await import("../actions/bundle")).bundle(program, options));

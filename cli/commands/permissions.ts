import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const permissions = () =>
  new Command("permissions")
    .argument("<environment>")
    .description("show the permissions of a token, and why; the token is not verified, and never printed")
    .requiredOption("--token <file>", "file with the token; - for standard input")
    .option(...json)
    .action(async (name, options) => (await import("../actions/permissions")).permissions(name, options));

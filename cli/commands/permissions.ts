import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const permissions = () =>
  new Command("permissions")
    .argument("<environment>")
    .description("show the permissions of a token or of a service, and why")
    .option("--token <file>", "file with the token, - for standard input; it is not verified, and never printed")
    .option("--as <service>", "a service of the environment: each of its rights, and what it is for")
    .option(...json)
    .action(async (name, options) => (await import("../actions/permissions")).permissions(name, options));

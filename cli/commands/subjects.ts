import { Command } from "@commander-js/extra-typings";

export const subjects = () =>
  new Command("subjects")
    .argument("<environment>")
    .description("write the names and subjects of streams, buckets and services as constants and types of TypeScript")
    .option("--out <file>", "file to write; without it, standard output")
    .option("--check", "compare the file instead of writing it; exit 1 when it differs")
    .option(
      "--test-server",
      "write JSON instead: accounts, rights and streams for the client library's startTestServer",
    )
    .option("--cluster <name>", "with --test-server, whose streams it has; default: the one that has any")
    .action(async (name, options) => (await import("../actions/subjects")).subjects(name, options));

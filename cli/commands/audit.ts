import { Command } from "@commander-js/extra-typings";
import { json, rate } from "./options";

export const audit = () =>
  new Command("audit")
    .argument("<environment>")
    .description(
      "compare what the servers of the twin hold of each stream, message by message; exit 0: all replicas agree, 1: some differ, 2: none differs, but not all could be compared",
    )
    .option("--stream <names...>", "these streams alone")
    .option(...rate)
    .option(...json)
    .action(async (name, options) => (await import("../actions/audit")).audit(name, options));

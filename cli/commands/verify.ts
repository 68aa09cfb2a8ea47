import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const verify = () =>
  new Command("verify")
    .argument("<environment>")
    .description("check that the twin matches the environment, row by row; exit 1 when one fails")
    .option("--all", "print every row, not only those of groups in which one fails")
    .option(...json)
    .action(async (name, options) => (await import("../actions/verify")).verify(name, options));

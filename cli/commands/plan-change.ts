import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const planChange = () =>
  new Command("plan-change")
    .argument("<environment>")
    .description(
      "say what a change of the environment does, to servers, clients and streams, without asking any; exit 0: nothing, 2: something, 3: no single step leads there",
    )
    .requiredOption(
      "--from <what>",
      "what it was before: a revision of git, a file environments/NAME.ts, or another environment of the project",
    )
    .option(...json)
    .action(async (name, options) => (await import("../actions/plan-change")).planEnvironmentChange(name, options));

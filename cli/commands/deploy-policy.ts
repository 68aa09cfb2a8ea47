import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const deployPolicy = () =>
  new Command("deploy-policy")
    .argument("<environment>")
    .description("say what whoever deploys to AWS has to be allowed: policies of IAM to plan, and to apply")
    .option("--out <folder>", "write plan.json and apply.json; what is too long for one policy of IAM is in several")
    .option(...json)
    .addHelpText(
      "after",
      `
Exit codes: 0 the policies are whole, 1 they cannot be made, 2 wrong usage.
Whoever applies has the documents of plan and of apply.`,
    )
    .action(async (name, options) => (await import("../actions/deploy-policy")).showDeployPolicy(name, options));

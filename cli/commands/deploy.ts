import type { Command } from "commander";
import type { DeployOptions } from "../deploy/command";
import { storeOption } from "../keys/location";

export function registerDeploy(program: Command): void {
  program
    .command("deploy")
    .argument("<environment>")
    .description("apply every stack of the environment in order, and look at what came out")
    .option("--emulate", "clusters on AWS onto an emulated one on this machine: no account, no costs")
    .option("--plan", "show what would change, and change nothing")
    .option("--destroy", "remove everything that was deployed")
    .option("--yes", "do not ask before something is changed")
    .addOption(storeOption())
    .option(
      "--allow-data-loss <names...>",
      "streams, or STREAM/consumer, that may lose messages or be deleted this time",
    )
    .option("--allow-recreate <names...>", "what may be deleted and made anew where it cannot be changed, this time")
    .option("--if-possible", "where this machine lacks what it takes, say so and end well")
    .option("--json", "machine-readable result")
    .action(async (name: string, options: DeployOptions) => {
      // Loaded here, and as environments are: AWS's clients are large, and every other command starts without them.
      const { deploy } = require("../deploy/command") as typeof import("../deploy/command");
      await deploy(name, options);
    });
}

import { Command } from "@commander-js/extra-typings";
import { json, storeOption } from "./options";

export const deploy = () =>
  new Command("deploy")
    .argument("<environment>")
    .description("apply every stack of the environment in order, and verify the result")
    .option("--emulate", "deploy clusters on AWS to an emulated AWS on this machine: no account, no costs")
    .option(
      "--plan",
      "show what would change, and change nothing; exit code 2 when something would, 3 for what is not to be applied",
    )
    .option("--destroy", "remove everything that was deployed")
    .option("--yes", "do not ask for confirmation")
    .addOption(storeOption())
    .option(
      "--allow-data-loss <names...>",
      "streams or STREAM/consumer that may lose messages or be deleted, and clusters that left the environment, in this deployment",
    )
    .option(
      "--allow-recreate <names...>",
      "streams, or STREAM/consumer, that may be recreated when they cannot be changed, in this deployment",
    )
    .option("--acknowledge <keys...>", "keys of servers that nobody has measured: they are restarted for them")
    .option(
      "--approved <file>",
      "apply what this review.json says and nothing else, and ask nothing: the same revision, and the same plans",
    )
    .option("--approved-digest <sha256>", "SHA-256 of that file, as the approval names it")
    .option("--unlock <id>", "release the lock of a state that a killed run has left")
    .option("--migrate-state", "copy the states to the backend that the environment names now")
    .option("--if-possible", "skip the deployment, with exit code 0, when a prerequisite is missing")
    .option(...json)
    .action(async (name, options) => (await import("../actions/deploy")).deploy(name, options));

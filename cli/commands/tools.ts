import { Command, Option } from "@commander-js/extra-typings";
import { jobNames } from "../core/toolbox/jobs";
import { json } from "./options";

export const tools = () =>
  new Command("tools")
    .description("programs from elsewhere that natsform runs: what is there, and making what is not")
    .addCommand(
      new Command("list")
        .description("show every tool, its version, where it was found and how to get it")
        .option(...json)
        .action(async (options) => (await import("../actions/tools")).list(options)),
    )
    .addCommand(
      new Command("install")
        .argument("[names...]", "tools, as natsform tools list names them; nats-server@VERSION is any release")
        .description("make tools that are not there, side by side, in the cache folder; what is there is reused")
        .addOption(
          new Option(
            "--for <job>",
            "those that a job needs, and the rest of its tools as far as they can be had",
          ).choices(jobNames),
        )
        .option(
          "--environment <name>",
          "those of the environment's twin, and of its emulated AWS as far as they can be had",
        )
        .option("--if-possible", "exit with 0 also when one cannot be had; it is named with the reason")
        .option(...json)
        .action(async (names, options) => (await import("../actions/tools")).install(names, options)),
    );

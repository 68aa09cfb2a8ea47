import { Command } from "@commander-js/extra-typings";

const allowing = (name: string) =>
  new Command(name)
    .argument("<environment>")
    .option("--allow-data-loss <names...>", "streams, or STREAM/consumer, that may lose messages or be deleted")
    .option(
      "--allow-recreate <names...>",
      "streams, or STREAM/consumer, that may be recreated when they cannot be changed",
    )
    .option("--json", "the plan as data");

export const streams = () =>
  new Command("streams")
    .description("streams and consumers as code")
    .addCommand(
      allowing("plan")
        .description("show what apply would change; exit 1 when something is refused")
        .action(async (name, options) => (await import("../actions/streams")).plan(name, options)),
    )
    .addCommand(
      allowing("apply")
        .description("change streams and consumers to match the environment")
        .action(async (name, options) => (await import("../actions/streams")).apply(name, options)),
    );

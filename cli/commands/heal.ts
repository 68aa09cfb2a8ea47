import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const heal = () =>
  new Command("heal")
    .argument("<environment>")
    .argument("<server>", "by its name in natsform status")
    .description(
      "bring one wounded server of the twin back: with its disk where that is enough, otherwise emptied, while at least two others hold the same",
    )
    .option("--empty", "do not trust its disk, whatever it says: it has lost power")
    .option("--allow-data-loss <names...>", "streams whose only other copy is enough, or that may lose their only one")
    .option(...json)
    .action(async (name, server, options) => (await import("../actions/heal")).heal(name, server, options));

import { Command } from "@commander-js/extra-typings";
import { json, rate, storeOption } from "./options";

export const roll = () =>
  new Command("roll")
    .argument("<environment>")
    .description(
      "restart the twin's servers, or those that are deployed, one after another, each only while the others serve and hold the same messages",
    )
    .option("--deployed", "restart the servers that are deployed on Kubernetes and ECS, instead of the twin's")
    .option("--yes", "do not ask for confirmation before deployed servers are restarted")
    .addOption(storeOption())
    .option("--empty-disks", "each comes back with an empty disk, as where a disk goes with its task")
    .option("--allow-data-loss <names...>", "streams that may lose their only copy")
    .option(...rate)
    .option(...json)
    .action(async (name, options) => (await import("../actions/roll")).roll(name, options));

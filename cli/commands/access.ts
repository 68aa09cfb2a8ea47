import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const access = () =>
  new Command("access")
    .argument("<environment>")
    .description("show who may log in, and subject by subject who may publish and subscribe")
    .option(...json)
    .action(async (name, options) => (await import("../actions/access")).access(name, options));

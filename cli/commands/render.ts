import { Command } from "@commander-js/extra-typings";

export const render = () =>
  new Command("render")
    .argument("<environment>")
    .description("print the nats.conf that a server gets; it holds no secret")
    .option("--cluster <name>", "servers of this cluster only")
    .option("--server <name>", "this server only")
    .action(async (name, options) => (await import("../actions/render")).render(name, options));

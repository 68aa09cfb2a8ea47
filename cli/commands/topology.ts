import { Command } from "@commander-js/extra-typings";

export const topology = () =>
  new Command("topology")
    .argument("<environment>")
    .description("print the environment's servers, listeners, certificates, accounts and streams")
    .option("--json", "the whole topology as data")
    .option("--mermaid", "a diagram, as Mermaid source")
    .action(async (name, options) => (await import("../actions/topology")).topology(name, options));

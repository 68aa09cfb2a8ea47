import { Command } from "@commander-js/extra-typings";

export const authority = () =>
  new Command("authority")
    .argument("<environment>")
    .argument("<name>", "a cluster that is a hub or a leaf, or a foreign leaf")
    .description(
      "write to the trust file which authority signs a cluster's leaf node certificates, so that others trust it",
    )
    .option(
      "--certificates <file>",
      "PEM file with the authority's certificates (default: read from the deployed cluster)",
    )
    .action(async (name, of, options) => (await import("../actions/keys-authority")).authority(name, of, options));

import { Command } from "@commander-js/extra-typings";
import { json, storeOption } from "./options";

export const leafCredentials = () =>
  new Command("leaf-credentials")
    .argument("<environment>")
    .argument("<leaf>", "a foreign leaf of a hub, or a cluster with leafOf")
    .description("show what a leaf node needs to connect to its hub; --out writes files to include")
    .option(
      "--out <folder>",
      "write configuration, authority and secrets to this folder, readable by their owner alone",
    )
    .option("--path <folder>", "where the leaf will find these files (default: the folder of --out)")
    .option("--print-secrets", "print seeds or creds too")
    .option("--twin", "for the local twin: its addresses, keys and authority, and a client certificate")
    .addOption(storeOption())
    .option(...json)
    .action(async (name, leaf, options) =>
      (await import("../actions/leaf-credentials")).showLeafCredentials(name, leaf, options),
    );

import { Command } from "@commander-js/extra-typings";
import { kinds } from "../keys/key-kinds";
import { authority } from "./keys-authority";
import { exportKeys, importKeys } from "./keys-export";
import { importOperator } from "./keys-import-operator";
import { json, keysCommand } from "./options";

export const keys = () =>
  new Command("keys")
    .description("operator, account, user and curve keys; only public halves are versioned")
    .addCommand(
      keysCommand("init")
        .description("create missing keys and write the trust file; a second run changes nothing")
        .option("--replace <name...>", "make lost keys anew, and give up what belongs to them")
        .action(async (name, options) => (await import("../actions/keys")).init(name, options)),
    )
    .addCommand(
      new Command("generate")
        .argument("<kind>", kinds.join(", "))
        .description("create one key: write its seed to a private file and print its public key")
        .requiredOption("--out <file>", "file for the seed; one that exists is never overwritten")
        .action(async (kind, options) => (await import("../actions/keys")).generate(kind, options)),
    )
    .addCommand(
      new Command("example")
        .argument("<environment>")
        .description("write an example trust file: its seeds are discarded, so it cannot be deployed")
        .action(async (name) => (await import("../actions/keys")).example(name)),
    )
    .addCommand(
      keysCommand("rotate")
        .description(
          "create a new issuer, xkey and responder login next to the old ones; --finish removes the old ones",
        )
        .option("--finish", "finish the rotation, once every server runs with the new keys")
        .action(async (name, options) => (await import("../actions/keys")).rotate(name, options)),
    )
    .addCommand(
      keysCommand("show")
        .description("print public keys, never seeds")
        .option(...json)
        .action(async (name, options) => (await import("../actions/keys")).show(name, options)),
    )
    .addCommand(
      keysCommand("push")
        .description("copy the keys of deployed programs into the deployment's existing secrets")
        .requiredOption(
          "--to <url>",
          "store to write: aws:REGION/ENVIRONMENT/keys, kubernetes:NAMESPACE/SECRET, vault:MOUNT/PATH or file:FOLDER",
        )
        .action(async (name, options) => (await import("../actions/keys")).push(name, options)),
    )
    .addCommand(exportKeys())
    .addCommand(importKeys())
    .addCommand(importOperator())
    .addCommand(authority());

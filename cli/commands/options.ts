import { Command, Option } from "@commander-js/extra-typings";
import { storeForms } from "../keys/store-forms";

/** The option that names a store of private keys. */
export const storeOption = () =>
  new Option("--store <url>", `store of the private keys: ${storeForms}; default file:.natsform/ENVIRONMENT/keys`);

/** A command about the keys of one store. */
export const keysCommand = (name: string) =>
  new Command(name)
    .argument("<environment>")
    .option("--twin", "the local twin's keys instead of the deployment's")
    .addOption(storeOption());

/** How fast replicas are read; see `readRate` for its value. */
export const rate = ["--rate <size>", "how much is read of each replica in a second", "16MiB"] as const;

export const json = ["--json", "machine-readable result"] as const;

import { Option } from "@commander-js/extra-typings";
import { storeForms } from "../keys/store-forms";

/** The option that names a store of private keys. */
export const storeOption = () =>
  new Option("--store <url>", `store of the private keys: ${storeForms}; default file:.natsform/ENVIRONMENT/keys`);

export const json = ["--json", "machine-readable result"] as const;

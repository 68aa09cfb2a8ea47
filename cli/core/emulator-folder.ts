import { join } from "node:path";
import { workFolder } from "../../artifacts/work-folder";
import type { ProgramFolder } from "./processes";

/** Paths of everything that an emulated deployment keeps: `.natsform/ENV/emulator`, thrown away as a whole. */
export interface EmulatorFolder extends ProgramFolder {
  /** File that a running emulator writes its addresses to; see `EmulatorAddress`. */
  address: string;
  lock: string;
  keys: string;
  /** Link to the folder of its sockets, which lies elsewhere: their paths must be short. */
  sockets: string;
  /** The emulator itself, as it was started. */
  program: string;
  /** Folder of the trust file, and the file. */
  trust: { folder: string; file: string };
  /** Code of deployed functions. */
  functions: string;
  /** Logs of functions. */
  logs: string;
  /** Synthesized stacks and their states. */
  terraform: string;
}

/** File in a stack's folder that records the Terraform that works there. */
export const terraformRecord = "natsform.process.json";

export function emulatorFolder(projectRoot: string, environment: string): EmulatorFolder {
  const { emulator: root, emulatorStates } = workFolder(projectRoot).environment(environment);
  const trust = join(root, "trust");
  const program = join(root, "emulator.cjs");
  return {
    root,
    log: join(root, "log"),
    process: join(root, "process.json"),
    program,
    lastArguments: [program],
    address: join(root, "emulator.json"),
    // Beside the folder: it stays while the folder is removed.
    lock: join(root, "..", "emulator.lock"),
    keys: join(root, "keys"),
    sockets: join(root, "sockets"),
    trust: { folder: trust, file: join(trust, `${environment}.trust.json`) },
    functions: join(root, "functions"),
    logs: join(root, "logs"),
    terraform: emulatorStates,
  };
}

/** Addresses of a running emulator. */
export interface EmulatorAddress {
  /** For `AWS_ENDPOINT_URL`. */
  url: string;
  /** For `AWS_ACCESS_KEY_ID`, in every request; for its own API, as bearer token. */
  key: string;
  /** DNS server that answers from the emulated zones, `127.0.0.1:port`. */
  dns: string;
  /** PEM of the root that the emulated ACME server issues under. */
  acmeRoot: string;
}

/**
 * Variables by which Terraform's provider finds the emulator, for whatever service it asks.
 * A file of the user's could switch such addresses off.
 */
export const emulatorVariables = ({ url, key }: Pick<EmulatorAddress, "url" | "key">): Record<string, string> => ({
  AWS_ENDPOINT_URL: url,
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
  AWS_ACCESS_KEY_ID: key,
  AWS_SECRET_ACCESS_KEY: key,
});

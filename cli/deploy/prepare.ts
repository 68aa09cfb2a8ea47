import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../../modules/config";
import { loadTrust, trustFile } from "../../modules/config/load";
import type { Topology } from "../../modules/topology";
import { emulatorFolder } from "../emulator/folder";
import { ensureEmulator, missingForEmulator } from "../emulator/start";
import { writeFileAtomically } from "../files";
import { makeKeys } from "../keys/make";
import { FolderStore, type KeyStore } from "../keys/store";
import { UserError } from "../project";
import { findProviderMirror, writeCliConfig } from "./provider-mirror";
import { deployedStacks } from "./stacks";
import type { DeployTarget } from "./target";
import { findTerraform, terraformEnv } from "./terraform";

/** @throws UserError when the environment has no cluster that can be deployed this way */
export function refuseOtherPlatforms(topology: Topology): void {
  if (deployedStacks(topology).length > 0) return;
  const kinds = [...new Set(topology.clusters.map(({ platform }) => platform.kind))].join(", ");
  throw new UserError(
    `${topology.environment} has no cluster on aws-ecs: ${kinds}`,
    "natsform deploy knows no other yet",
  );
}

/**
 * Looks for everything that a deployment needs on this machine before anything is made.
 *
 * @returns what is missing, in one line; `undefined` when all is there
 */
export async function missingForDeploy(emulated: boolean): Promise<string | undefined> {
  try {
    findTerraform();
  } catch {
    return "terraform is not on PATH";
  }
  if (!findProviderMirror("aws") && !(await registryAnswers()))
    return "Terraform's AWS provider is neither on this machine nor at its registry";
  return emulated ? missingForEmulator() : undefined;
}

async function registryAnswers(): Promise<boolean> {
  try {
    const url = "https://registry.terraform.io/.well-known/terraform.json";
    return (await fetch(url, { signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false;
  }
}

interface Loaded {
  root: string;
  environment: Environment;
  topology: Topology;
}

/** The emulated AWS of this environment, started when it does not run, with keys of its own. */
export async function emulatedTarget({ root, environment, topology }: Loaded): Promise<DeployTarget> {
  const folder = emulatorFolder(root, environment.name);
  const address = await ensureEmulator(folder);
  const keys = new FolderStore(folder.keys);
  const previous = existsSync(folder.trust.file) ? loadTrust(folder.trust.file, root) : undefined;
  const { trust } = await makeKeys(topology, keys, previous);
  writeFileAtomically(folder.trust.file, `${JSON.stringify(trust, null, 2)}\n`);
  const credentials = { AWS_ACCESS_KEY_ID: "emulator", AWS_SECRET_ACCESS_KEY: "emulator" };
  return {
    root,
    environment,
    topology,
    trust,
    keys,
    out: join(folder.terraform, "cdktf.out"),
    env: { ...terraformEnv(writeCliConfig(folder.terraform)), ...credentials },
    emulator: { folder, address },
  };
}

/**
 * The account that the caller's credentials open.
 *
 * @throws UserError for an example trust file: nobody holds its keys
 */
export function accountTarget({ root, environment, topology }: Loaded, keys: KeyStore): DeployTarget {
  const trust = loadTrust(trustFile(environment.name, root), root);
  if (trust.example)
    throw new UserError(
      `environments/${environment.name}.trust.json is an example: nobody holds its keys`,
      `natsform keys init ${environment.name} makes real ones`,
    );
  const own = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return {
    root,
    environment,
    topology,
    trust,
    keys,
    out: join(root, "cdktf.out"),
    env: { ...Object.fromEntries(own), ...terraformEnv(writeCliConfig(join(root, ".natsform", environment.name))) },
  };
}

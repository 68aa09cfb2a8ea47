import { join } from "node:path";
import type { Environment, Trust } from "../../modules/config";
import type { Topology } from "../../modules/topology";
import type { EmulatorAddress, EmulatorFolder } from "../emulator/folder";
import type { KeyStore } from "../keys/store";
import { deployedStacks } from "./stacks";
import type { TerraformFolder } from "./terraform";

/** An AWS that an environment is deployed to: a real account, or the emulated one of this machine. */
export interface DeployTarget {
  root: string;
  environment: Environment;
  topology: Topology;
  trust: Trust;
  /** Private halves of the environment's keys. */
  keys: KeyStore;
  /** `cdktf.out`, or its place in the emulator's folder. */
  out: string;
  /** The environment of Terraform and of our own clients: credentials, and on the emulator its address. */
  env: Record<string, string>;
  /** Set when it is the emulated one. */
  emulator?: { folder: EmulatorFolder; address: EmulatorAddress };
}

export const stacksOf = ({ topology }: DeployTarget) => deployedStacks(topology);

export const stackFolder = ({ out, env }: DeployTarget, stack: string): TerraformFolder => ({
  stack,
  path: join(out, "stacks", stack),
  env,
});

/** What our own AWS clients are made with: the target's variables and nothing of the process around it. */
export function clientConfig({ env, emulator }: Pick<DeployTarget, "env" | "emulator">, region: string) {
  if (!emulator) return { region };
  return {
    region,
    endpoint: emulator.address.url,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? "", secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" },
  };
}

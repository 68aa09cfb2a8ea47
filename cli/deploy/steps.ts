import type { PlannedStack } from "../../model/topology";
import type { DeployRow } from "../core/rows";
import { outputsOf } from "./plan";
import { isSynthesized, synthesize } from "./synth";
import { type DeployTarget, stackFolder, stacksOf } from "./target";

/** Result of a deployment, also printed by `--json`. */
export interface DeployResult {
  environment: string;
  emulated: boolean;
  /** Number of resources created, changed or removed, by stack. */
  applied: Record<string, number>;
  /** Clusters whose authority was written to the trust file, which has to be committed. */
  noted: string[];
  /** Authorities that could not be read, as text lines. */
  unread: string[];
  /** By stack; sensitive ones are left out. */
  outputs: Record<string, Record<string, unknown>>;
  rows: DeployRow[];
}

/** Synthesizes the stacks that the target's environment has. */
export async function synthesizeStacks(target: DeployTarget): Promise<PlannedStack[]> {
  const { root, environment, out, emulator, removing, streamsMay } = target;
  const settings = {
    root,
    environments: [environment.name],
    trustFolder: emulator?.folder.trust.folder,
    emulatorEndpoint: emulator?.address.url,
    destroy: removing,
    streamsMay,
  };
  await synthesize(settings, out);
  return stacksOf(target).filter(({ id }) => isSynthesized(stackFolder(target, id).path));
}

export async function allOutputs(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
): Promise<DeployResult["outputs"]> {
  const found = await Promise.all(stacks.map(async ({ id }) => [id, await outputsOf(target, id)] as const));
  return Object.fromEntries(found);
}

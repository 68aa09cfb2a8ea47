import type { PlannedStack } from "../../model/topology";
import type { Host } from "../core/host";
import type { DeployRow } from "../core/rows";
import { runStep } from "../core/steps";
import { drivers } from "./drivers";
import { fetchCharts } from "./kubernetes/charts";
import { outputsOf, type StackPlan } from "./plan";
import { isSynthesized, type SynthSettings, synthesize } from "./synth";
import { type DeployTarget, stackFolder, stacksOf } from "./target";

/** Result of a deployment; `--json` prints it. */
export interface DeployResult {
  environment: string;
  emulated: boolean;
  /** Number of resources created, changed or removed, by stack. */
  applied: Record<string, number>;
  /** Number of resources removed, by stack that is no longer in the environment. */
  removed: Record<string, number>;
  /** Clusters whose authority was written to the trust file, which has to be committed. */
  noted: string[];
  /** Authorities that could not be read, as text lines. */
  unread: string[];
  /** By stack; sensitive ones are left out. */
  outputs: Record<string, Record<string, unknown>>;
  rows: DeployRow[];
}

/** What was done to one stack. */
export interface Applied {
  /** Number of changes. */
  count: number;
  /** The plan that was made of it before; none where it was applied without one. */
  plan?: StackPlan;
}

/** Empty result at the start of a deployment. */
export const newResult = ({ environment, emulator }: DeployTarget): DeployResult => ({
  environment: environment.name,
  emulated: emulator !== undefined,
  applied: {},
  removed: {},
  noted: [],
  unread: [],
  outputs: {},
  rows: [],
});

/** Reports the accounts and clusters that would be changed. */
export async function describeTarget(target: DeployTarget, host: Host): Promise<void> {
  if (target.emulator) return;
  for (const text of await drivers.describeTarget(target, stacksOf(target))) host.report({ code: "notice", text });
}

/** Synthesizes the stacks as a step. */
export async function stacksFor(target: DeployTarget, host: Host): Promise<PlannedStack[]> {
  let stacks: PlannedStack[] = [];
  await runStep(host, {
    title: "Stacks",
    work: async () => {
      stacks = await synthesizeStacks(target);
      return `${stacks.length} synthesized`;
    },
  });
  return stacks;
}

/** Settings of a synthesis for this target. */
export const synthSettings = ({
  root,
  environment,
  emulator,
  trustFolder,
  removing,
  streamsMay,
}: DeployTarget): SynthSettings => ({
  root,
  environments: [environment.name],
  trustFolder: emulator?.folder.trust.folder ?? trustFolder,
  emulatorEndpoint: emulator?.address.url,
  destroy: removing,
  streamsMay,
});

/** Synthesizes the stacks that the target's environment has. */
export async function synthesizeStacks(target: DeployTarget): Promise<PlannedStack[]> {
  const { out, emulator, removing } = target;
  // What is removed needs none.
  const chartArchives = !removing && !emulator && (await fetchCharts(target));
  await synthesize({ ...synthSettings(target), chartArchives }, out);
  return stacksOf(target).filter(({ id }) => isSynthesized(stackFolder(target, id).path));
}

export async function allOutputs(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
): Promise<DeployResult["outputs"]> {
  const found = await Promise.all(stacks.map(async ({ id }) => [id, await outputsOf(target, id)] as const));
  return Object.fromEntries(found);
}

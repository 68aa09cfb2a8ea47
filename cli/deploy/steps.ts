import type { PlannedStack } from "../../model/topology";
import type { Host } from "../core/host";
import type { DeployRow } from "../core/rows";
import { runStep } from "../core/steps";
import { drivers } from "./drivers";
import { fetchCharts } from "./kubernetes/charts";
import { initStack, outputsOf, type StackPlan } from "./plan";
import { isSynthesized, synthesize } from "./synth";
import { type DeployTarget, stackFolder, stacksOf } from "./target";

/** Result of a deployment; `--json` prints it. */
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

/** Synthesizes the stacks as a step, and prepares them to be planned where nobody else may do so meanwhile. */
export async function stacksFor(target: DeployTarget, host: Host): Promise<PlannedStack[]> {
  let stacks: PlannedStack[] = [];
  await runStep(host, {
    title: "Stacks",
    work: async () => {
      stacks = await synthesizeStacks(target);
      if (target.emulator) await Promise.all(stacks.map(({ id }) => initStack(target, id)));
      return `${stacks.length} synthesized`;
    },
  });
  return stacks;
}

/** Synthesizes the stacks that the target's environment has. */
export async function synthesizeStacks(target: DeployTarget): Promise<PlannedStack[]> {
  const { root, environment, out, emulator, removing, streamsMay } = target;
  const settings = {
    root,
    environments: [environment.name],
    trustFolder: emulator?.folder.trust.folder,
    emulatorEndpoint: emulator?.address.url,
    // What is removed needs none.
    chartArchives: !removing && !emulator && (await fetchCharts(target)),
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

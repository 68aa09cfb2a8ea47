import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { isInFamily, type PlannedStack, stackPlan } from "../../model/topology";
import { counted } from "../core/counted";
import type { EmulatorAddress } from "../core/emulator-folder";
import type { OpenEnvironment } from "../core/environment";
import type { Host } from "../core/host";
import { UserError } from "../core/project";
import { runStep, runSteps, type Step } from "../core/steps";
import { EmulatorControl } from "../emulator/client";
import { inventory } from "../emulator/inventory";
import { removeEmulator } from "../emulator/start";
import { drivers } from "./drivers";
import { applyAll, isApplied, type StackPlan } from "./plan";
import type { Applied } from "./steps";
import { type DeployTarget, stackFolder } from "./target";
import { emulatedTarget } from "./targets";

/** What is different where the target is an emulated AWS: nothing asks, and nothing that is not on AWS is touched. */

/** The emulated AWS of an environment, started unless it runs. */
export async function openEmulator(opened: OpenEnvironment, host: Host): Promise<DeployTarget> {
  const state: { target?: DeployTarget } = {};
  await runSteps(
    host,
    [
      {
        title: "Emulated AWS",
        work: async (_, shared: typeof state) => {
          shared.target = await emulatedTarget(opened);
          await rememberBeginning(shared.target);
          return `at ${shared.target.emulator?.address.url}`;
        },
      },
    ],
    state,
  );
  return state.target as DeployTarget;
}

/** Applies a stack without asking. @param planned its plan, where the emulated AWS has it already */
export async function applyEmulated(
  target: DeployTarget,
  stack: PlannedStack,
  host: Host,
  planned: () => Promise<StackPlan>,
): Promise<Applied> {
  let applied: Applied = { count: 0 };
  await runStep(host, {
    title: `Apply ${stack.id}`,
    work: async (progress) => {
      applied = await applyStack(target, stack, progress, planned);
      return applied.count === 0 ? "nothing to change" : `${counted(applied.count, "resource")} made or changed`;
    },
  });
  return applied;
}

/** Waits for what a deployment sets off: events that reach their targets, schedules that come due. */
export const emulatedEvents = (target: DeployTarget): Step => ({
  title: "Events and schedules",
  work: async () => {
    const control = new EmulatorControl(addressOf(target));
    await control.settled();
    const rules = [];
    for (const region of regionsOf(target)) rules.push(...(await control.runSchedules(region)));
    await control.settled();
    return `${counted(rules.length, "schedule")} fired`;
  },
});

/** Checks that nothing is left of a deployment, and stops the emulated AWS. */
export const removeEmulated = (target: DeployTarget): Step => ({
  title: "Stop the emulated AWS",
  work: async () => {
    const left = await leftovers(target);
    if (left.length > 0) throw new UserError(`left behind on the emulated AWS:\n  ${left.join("\n  ")}`);
    if (target.emulator) await removeEmulator(target.emulator.folder);
    return "nothing is left";
  },
});

async function applyStack(
  target: DeployTarget,
  stack: PlannedStack,
  progress: (text: string) => void,
  planned: () => Promise<StackPlan>,
): Promise<Applied> {
  const { path } = stackFolder(target, stack.id);
  const applied = join(path, "applied.tf.sha256");
  const digest = createHash("sha256")
    .update(readFileSync(join(path, "cdk.tf.json")))
    .digest("hex");
  const changed = readIfThere(applied) !== digest;
  const done = await applyWhat(target, stack, changed, progress, planned);
  writeFileAtomically(applied, digest);
  return done;
}

/** @param changed the stack differs from the one applied last: then a known difference of moto may be a real change */
async function applyWhat(
  target: DeployTarget,
  stack: PlannedStack,
  changed: boolean,
  progress: (text: string) => void,
  planned: () => Promise<StackPlan>,
): Promise<Applied> {
  // Without a state a plan cannot save any work.
  if (!(await isApplied(target, stack.id))) return { count: await applyAll(target, stack.id, progress) };
  const plan = await planned();
  const { changes, differences } = plan;
  const count = changes.length + (changed ? differences.length : 0);
  if (count > 0) await drivers.apply(target, stack, plan, progress);
  return { count, plan };
}

function addressOf({ emulator }: DeployTarget): EmulatorAddress {
  if (!emulator) throw new Error("the target is no emulated AWS");
  return emulator.address;
}

const regionsOf = ({ topology }: DeployTarget) => [
  ...new Set(
    stackPlan(topology)
      .filter(isInFamily("aws"))
      .map(({ region }) => region),
  ),
];

const beginningPath = (target: DeployTarget) => join(target.emulator?.folder.root ?? "", "beginning.json");

/** Stores the inventory of the emulated account before the first deployment, to find leftovers later. */
async function rememberBeginning(target: DeployTarget): Promise<void> {
  if (readIfThere(beginningPath(target)) === undefined)
    writeFileAtomically(beginningPath(target), JSON.stringify(await wholeInventory(target)));
}

/** Resources that a deployment has left behind on the emulated AWS. */
async function leftovers(target: DeployTarget): Promise<string[]> {
  const before = new Set(JSON.parse(readIfThere(beginningPath(target)) ?? "[]") as string[]);
  return (await wholeInventory(target)).filter((thing) => !before.has(thing));
}

const wholeInventory = async (target: DeployTarget) =>
  (await Promise.all(regionsOf(target).map((region) => inventory(addressOf(target), region)))).flat();

import type { PlannedStack } from "../../model/topology";
import { counted } from "../core/counted";
import type { Host } from "../core/host";
import { UserError } from "../core/project";
import { confirmed, runStep, runSteps, type Step } from "../core/steps";
import { drivers } from "./drivers";
import { removeEmulated } from "./emulated";
import { explained } from "./explained";
import { destroyFolder } from "./plan";
import { refuseProtected, removeLeft, showLeft } from "./remove-left";
import { unlocking } from "./states/locks";
import { describeTarget, stacksFor } from "./steps";
import { survey } from "./survey";
import { type DeployTarget, stackFolder } from "./target";

export interface Destroyed {
  environment: string;
  /** Number of resources removed, by stack. */
  removed: Record<string, number>;
  /** Resources that are kept on purpose, as text lines. */
  remains: string[];
}

/** Removes everything, in reverse order. */
export async function destroyEverything(target: DeployTarget, host: Host): Promise<Destroyed> {
  const { name, deletionProtection } = target.environment;
  if (deletionProtection && !target.emulator)
    throw new UserError(
      `${name} is protected from deletion`,
      "set deletionProtection: false in its file and deploy that first",
    );
  await describeTarget(target, host);
  const stacks = await stacksFor(target, host);
  const { states, left } = await survey(target, stacks, host);
  showLeft(left, host);
  if (!target.emulator) {
    refuseProtected(
      [...[...states.values()].map((state) => ({ state })), ...left],
      `natsform deploy ${name} first: what is removed is removed as it was deployed, not as the file says now`,
    );
    const ids = [...left.map(({ record }) => record.stack), ...stacks].map(({ id }) => id);
    await confirmed(host, `Remove everything of ${name}: ${ids.join(", ")}?`);
  }
  const removed = await removeLeft(target, left, host);
  const step = (stack: PlannedStack): Step => ({
    title: `Destroy ${stack.id}`,
    work: async (progress) => {
      removed[stack.id] = await explained(target, stack, () => destroyStack(target, stack, host, progress));
      return `${counted(removed[stack.id] ?? 0, "resource")} removed`;
    },
  });
  await runSteps<void>(host, [...stacks].reverse().map(step), undefined);
  if (target.emulator) {
    await runStep(host, removeEmulated(target));
    return { environment: name, removed, remains: [] };
  }
  return { environment: name, removed, remains: await drivers.retainedResources(target, stacks) };
}

/** Removes the resources of one stack. @returns their number */
async function destroyStack(
  target: DeployTarget,
  { id }: PlannedStack,
  host: Host,
  progress: (text: string) => void,
): Promise<number> {
  const folder = stackFolder(target, id);
  return unlocking(folder, host, target.allowed?.unlock, () => destroyFolder(folder, progress));
}

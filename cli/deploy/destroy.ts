import type { PlannedStack } from "../../model/topology";
import { counted } from "../core/counted";
import type { Host } from "../core/host";
import { UserError } from "../core/project";
import { confirmed, runStep, runSteps, type Step } from "../core/steps";
import { drivers } from "./drivers";
import { removeEmulated } from "./emulated";
import { explained } from "./explained";
import { initStack } from "./plan";
import { describeTarget, stacksFor } from "./steps";
import { type DeployTarget, stackFolder } from "./target";
import { terraform } from "./terraform";
import { refuseFailure } from "./terraform-messages";

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
  if (!target.emulator)
    await confirmed(host, `Remove everything of ${name}: ${stacks.map(({ id }) => id).join(", ")}?`);
  const removed: Record<string, number> = {};
  const step = (stack: PlannedStack): Step => ({
    title: `Destroy ${stack.id}`,
    work: async (progress) => {
      removed[stack.id] = await explained(target, stack, () => destroyStack(target, stack, progress));
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
  progress: (text: string) => void,
): Promise<number> {
  // On the emulated AWS it is prepared with the others.
  if (!target.emulator) await initStack(target, id);
  const destroyed = await terraform(stackFolder(target, id), ["destroy", "-json", "-auto-approve"], progress);
  refuseFailure(id, destroyed);
  return destroyed.summary?.remove ?? 0;
}

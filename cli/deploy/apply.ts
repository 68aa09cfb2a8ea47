import type { PlannedStack } from "../../model/topology";
import { printJson } from "../core/output";
import { UserError } from "../core/project";
import type { DeployConsole } from "./deploy-console";
import { destroyStack } from "./destroy";
import { drivers } from "./drivers";
import { endCheck } from "./end-check";
import { recordDeployedAuthorities, synthesizedAgain } from "./exchange-authorities";
import { applyPlan } from "./plan";
import { plansOf, showPlan } from "./show-plan";
import { allOutputs, type DeployResult, synthesizeStacks } from "./steps";
import { type DeployTarget, stacksOf } from "./target";

/** Deploys to the accounts and clusters that the caller is logged in to: only changes that were shown and confirmed. */
export async function deployEnvironment(
  target: DeployTarget,
  deployConsole: DeployConsole,
  result: DeployResult,
): Promise<void> {
  await describeTarget(target, deployConsole);
  // Authorities of what is deployed already: a trust file that was not committed lacks them, and would remove them.
  const first = await recordDeployedAuthorities(target, deployConsole);
  const stacks = await stacksFor(first.target, deployConsole);
  await applyStacks(first.target, stacks, deployConsole, result);
  const { noted, unread, target: deployed } = await recordDeployedAuthorities(first.target, deployConsole);
  for (const line of unread) deployConsole.show(line);
  if (noted.length > 0)
    await applyStacks(deployed, await synthesizedAgain(deployed, stacks, deployConsole), deployConsole, result);
  for (const { title, work } of drivers.finish(deployed, stacks)) await deployConsole.step(title, work);
  result.noted = [...new Set([...first.noted, ...noted])];
  result.unread = unread;
  result.outputs = await allOutputs(deployed, stacks);
  await deployConsole.step("Check", async () => {
    result.rows = await endCheck(deployed, stacks);
  });
}

async function applyStacks(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  deployConsole: DeployConsole,
  result: DeployResult,
): Promise<void> {
  for (const stack of stacks) {
    const { changes } = await showPlan(target, stack, deployConsole);
    result.applied[stack.id] = (result.applied[stack.id] ?? 0) + changes.length;
    if (changes.length > 0) {
      await deployConsole.confirm(`Apply ${changes.length} changes of ${stack.id}?`);
      await deployConsole.step(`Apply ${stack.id}`, async (progress) => {
        await drivers.before(target, stack, progress);
        await explained(target, stack, () => applyPlan(target, stack.id, progress));
      });
    }
    const after = drivers.after(target, stack);
    if (after) await deployConsole.step(after.title, after.work);
  }
}

/** Shows what a deployment would change. */
export async function planEnvironment(
  target: DeployTarget,
  deployConsole: DeployConsole,
  json: boolean,
): Promise<void> {
  const plans = await plansOf(target, await prepare(target, deployConsole), deployConsole);
  if (json) printJson({ environment: target.environment.name, plans });
}

/** Removes everything, in reverse order, and prints what is kept. */
export async function destroyEnvironment(
  target: DeployTarget,
  deployConsole: DeployConsole,
  json: boolean,
): Promise<void> {
  const { name, deletionProtection } = target.environment;
  if (deletionProtection)
    throw new UserError(
      `${name} is protected from deletion`,
      "set deletionProtection: false in its file and deploy that first",
    );
  const stacks = await prepare(target, deployConsole);
  await deployConsole.confirm(`Remove everything of ${name}: ${stacks.map(({ id }) => id).join(", ")}?`);
  const removed: Record<string, number> = {};
  for (const stack of [...stacks].reverse())
    await deployConsole.step(`Destroy ${stack.id}`, async (progress) => {
      removed[stack.id] = await explained(target, stack, () => destroyStack(target, stack, progress));
    });
  const retainedResources = await drivers.retainedResources(target, stacks);
  for (const line of retainedResources) deployConsole.show(`kept: ${line}`);
  if (json) printJson({ environment: name, removed, remains: retainedResources });
}

async function prepare(target: DeployTarget, deployConsole: DeployConsole): Promise<PlannedStack[]> {
  await describeTarget(target, deployConsole);
  return stacksFor(target, deployConsole);
}

async function describeTarget(target: DeployTarget, deployConsole: DeployConsole): Promise<void> {
  for (const line of await drivers.describeTarget(target, stacksOf(target))) deployConsole.show(line);
}

async function stacksFor(target: DeployTarget, deployConsole: DeployConsole): Promise<PlannedStack[]> {
  let stacks: PlannedStack[] = [];
  await deployConsole.step("Stacks", async () => {
    stacks = await synthesizeStacks(target);
  });
  return stacks;
}

/** Runs `work`; when it fails, adds the platform's own information to Terraform's message. */
async function explained<T>(target: DeployTarget, stack: PlannedStack, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const more = await drivers.explain(target, stack);
    throw more.length === 0 ? error : new UserError([error.message, ...more].join("\n"));
  }
}

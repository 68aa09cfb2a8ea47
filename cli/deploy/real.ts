import type { PlannedStack } from "../../model/topology";
import { printJson } from "../core/output";
import { UserError } from "../core/project";
import { destroyStack } from "./destroy";
import { drivers } from "./drivers";
import { endCheck } from "./end-check";
import { noteDeployedAuthorities, synthesizedAnew } from "./exchange-authorities";
import { applyPlan } from "./plan";
import { plansOf, showPlan } from "./show-plan";
import { allOutputs, type DeployResult, synthesizeStacks } from "./steps";
import type { Talk } from "./talk";
import { type DeployTarget, stacksOf } from "./target";

/** Deploys to where the caller's logins lead: nothing is changed that was not shown and agreed to. */
export async function deployForReal(target: DeployTarget, talk: Talk, result: DeployResult): Promise<void> {
  await introduce(target, talk);
  // Of what is deployed already: with a trust file that nobody committed it would be taken away, and made again.
  const first = await noteDeployedAuthorities(target, talk);
  const stacks = await stacksFor(first.target, talk);
  await applyStacks(first.target, stacks, talk, result);
  const { noted, unread, target: deployed } = await noteDeployedAuthorities(first.target, talk);
  for (const line of unread) talk.say(line);
  if (noted.length > 0) await applyStacks(deployed, await synthesizedAnew(deployed, stacks, talk), talk, result);
  for (const { title, work } of drivers.finish(deployed, stacks)) await talk.step(title, work);
  result.noted = [...new Set([...first.noted, ...noted])];
  result.unread = unread;
  result.outputs = await allOutputs(deployed, stacks);
  await talk.step("Check", async () => {
    result.rows = await endCheck(deployed, stacks);
  });
}

async function applyStacks(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  talk: Talk,
  result: DeployResult,
): Promise<void> {
  for (const stack of stacks) {
    const { changes } = await showPlan(target, stack, talk);
    result.applied[stack.id] = (result.applied[stack.id] ?? 0) + changes.length;
    if (changes.length > 0) {
      await talk.confirm(`Apply ${changes.length} changes of ${stack.id}?`);
      await talk.step(`Apply ${stack.id}`, async (progress) => {
        await drivers.before(target, stack, progress);
        await explained(target, stack, () => applyPlan(target, stack.id, progress));
      });
    }
    const after = drivers.after(target, stack);
    if (after) await talk.step(after.title, after.work);
  }
}

/** Shows what a deployment would change. */
export async function planForReal(target: DeployTarget, talk: Talk, json: boolean): Promise<void> {
  const plans = await plansOf(target, await prepare(target, talk), talk);
  if (json) printJson({ environment: target.environment.name, plans });
}

/** Removes everything, the last applied first, and says what is kept. */
export async function destroyForReal(target: DeployTarget, talk: Talk, json: boolean): Promise<void> {
  const { name, deletionProtection } = target.environment;
  if (deletionProtection)
    throw new UserError(
      `${name} is protected from deletion`,
      "set deletionProtection: false in its file and deploy that first",
    );
  const stacks = await prepare(target, talk);
  await talk.confirm(`Remove everything of ${name}: ${stacks.map(({ id }) => id).join(", ")}?`);
  const removed: Record<string, number> = {};
  for (const stack of [...stacks].reverse())
    await talk.step(`Destroy ${stack.id}`, async (progress) => {
      removed[stack.id] = await explained(target, stack, () => destroyStack(target, stack, progress));
    });
  const remains = await drivers.remains(target, stacks);
  for (const line of remains) talk.say(`stays: ${line}`);
  if (json) printJson({ environment: name, removed, remains });
}

async function prepare(target: DeployTarget, talk: Talk): Promise<PlannedStack[]> {
  await introduce(target, talk);
  return stacksFor(target, talk);
}

async function introduce(target: DeployTarget, talk: Talk): Promise<void> {
  for (const line of await drivers.introduce(target, stacksOf(target))) talk.say(line);
}

async function stacksFor(target: DeployTarget, talk: Talk): Promise<PlannedStack[]> {
  let stacks: PlannedStack[] = [];
  await talk.step("Stacks", async () => {
    stacks = await synthesizeStacks(target);
  });
  return stacks;
}

/** What failed, with what its platform knows beside Terraform's message. */
async function explained<T>(target: DeployTarget, stack: PlannedStack, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const more = await drivers.explain(target, stack);
    throw more.length === 0 ? error : new UserError([error.message, ...more].join("\n"));
  }
}

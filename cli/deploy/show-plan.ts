import { print } from "../output";
import { initStack, isApplied, planStack, planText, type StackPlan } from "./plan";
import type { DeployedStack } from "./stacks";
import type { DeployTarget } from "./target";

/** Plans a stack and prints the plan as Terraform does. */
export async function showPlan(target: DeployTarget, { id }: DeployedStack): Promise<StackPlan> {
  await initStack(target, id);
  const plan = await planStack(target, id);
  print(`${id}: ${plan.changes.length === 0 ? "no changes" : `${plan.changes.length} changes`}`);
  if (plan.changes.length > 0) print(`\n${await planText(target, id)}\n`);
  return plan;
}

/**
 * Shows what a deployment would change, stack by stack. What looks up things of a stack that is not applied yet cannot be
 * planned, and is named.
 */
export async function showPlans(target: DeployTarget, stacks: readonly DeployedStack[]): Promise<void> {
  const applied = new Set<string>();
  for (const stack of stacks) {
    await initStack(target, stack.id);
    const missing = stack.after.find((id) => !applied.has(id));
    if (missing) print(`${stack.id}: planned after ${missing}`);
    else await showPlan(target, stack);
    if (await isApplied(target, stack.id)) applied.add(stack.id);
  }
}

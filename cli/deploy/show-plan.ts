import type { PlannedStack } from "../../model/topology";
import type { Host } from "../core/host";
import { drivers } from "./drivers";
import { type PlannedChange, planStack, planText, type StackPlan } from "./plan";
import { unlocking } from "./states/locks";
import { isBegun } from "./states/state";
import type { Survey } from "./survey";
import { type DeployTarget, stackFolder } from "./target";

/** Plans a stack, including drift that Terraform does not see, and shows the plan as Terraform prints it. */
export async function showPlan(target: DeployTarget, stack: PlannedStack, host: Host): Promise<StackPlan> {
  const { id } = stack;
  const folder = stackFolder(target, id);
  let plan = await unlocking(folder, host, target.allowed?.unlock, () => planStack(target, id));
  const changed = plan.changes.map(({ address }) => address);
  const drifted = await drivers.drifted(target, stack, changed, (text) =>
    host.report({ code: "notice", text: `${id}: ${text}` }),
  );
  if (drifted.length > 0) plan = await planStack(target, id, drifted);
  const changes = plan.changes.length;
  const text = changes > 0 ? await planText(target, id) : undefined;
  host.report({ code: "plan", stack: id, changes, ...(text && { text }) });
  return plan;
}

/** Changes of a stack's plan, or the stack that has to be applied before it can be planned. */
export type PlanOrWait = { changes: PlannedChange[] } | { plannedAfter: string };

/**
 * Shows what a deployment would change, stack by stack. A stack that reads from one that is not applied yet cannot be
 * planned; it is named.
 */
export async function plansOf(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  { states }: Survey,
  host: Host,
): Promise<Record<string, PlanOrWait>> {
  const applied = new Set([...states.values()].filter(isBegun).map(({ id }) => id));
  const plans: Record<string, PlanOrWait> = {};
  for (const stack of stacks) {
    const missing = stack.reads.find((id) => !applied.has(id));
    if (missing) host.report({ code: "notice", text: `${stack.id}: planned after ${missing}` });
    plans[stack.id] = missing ? { plannedAfter: missing } : { changes: (await showPlan(target, stack, host)).changes };
  }
  return plans;
}

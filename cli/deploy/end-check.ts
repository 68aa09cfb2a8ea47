import type { PlannedStack } from "../../model/topology";
import type { DeployRow } from "../core/rows";
import { judgeAuthorities } from "./check-authorities";
import { checkPlans } from "./check-plan";
import { drivers } from "./drivers";
import type { StackPlan } from "./plan";
import type { DeployTarget } from "./target";

/**
 * Checks everything that was deployed, and that a plan has no changes.
 *
 * @param plans of this run, where nothing was applied after them: they are not made again
 */
export async function endCheck(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  plans: ReadonlyMap<string, StackPlan>,
): Promise<DeployRow[]> {
  const rows = await drivers.check(target, stacks);
  return [
    ...rows,
    ...(await judgeAuthorities(target.topology, target.trust, new Date())),
    ...(await checkPlans(target, stacks, plans)),
  ];
}

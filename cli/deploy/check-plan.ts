import type { PlannedStack } from "../../model/topology";
import { checkRow, type DeployRow } from "../core/rows";
import { planStack, type StackPlan } from "./plan";
import type { DeployTarget } from "./target";

/**
 * A plan of an applied stack changes nothing but attributes that the emulated AWS does not return.
 *
 * @param plans those that stand as they are; a stack without one is planned anew
 */
export async function checkPlans(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  plans: ReadonlyMap<string, StackPlan>,
): Promise<DeployRow[]> {
  return Promise.all(
    stacks.map(({ id }) =>
      checkRow("plan", id, async () => {
        const { changes, differences } = plans.get(id) ?? (await planStack(target, id));
        const desired = changes.map(({ address, action, attributes }) =>
          `${action} ${address} ${attributes.join(" ")}`.trim(),
        );
        const known = [...new Set(differences.flatMap(({ attributes }) => attributes))];
        const unchanged = known.length > 0 ? `no change but ${known.join(", ")}` : "no change";
        return { ok: desired.length === 0, seen: desired.join("; ") || unchanged };
      }),
    ),
  );
}

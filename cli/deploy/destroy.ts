import type { PlannedStack } from "../../model/topology";
import { initStack } from "./plan";
import { type DeployTarget, stackFolder } from "./target";
import { terraform } from "./terraform";
import { refuseFailure } from "./terraform-messages";

/** Removes the resources of one stack. @returns their number */
export async function destroyStack(
  target: DeployTarget,
  { id }: PlannedStack,
  progress: (text: string) => void,
): Promise<number> {
  await initStack(target, id);
  const destroyed = await terraform(stackFolder(target, id), ["destroy", "-json", "-auto-approve"], progress);
  refuseFailure(id, destroyed);
  return destroyed.summary?.remove ?? 0;
}

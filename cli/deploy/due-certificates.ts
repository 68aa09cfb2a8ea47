import { holdsServers, type PlannedStack } from "../../model/topology";
import { errorMessage } from "../../runtime/common/error-message";
import type { Renewed } from "../../templates/change";
import type { Host } from "../core/host";
import { drivers } from "./drivers";
import { isBegun, type StackState } from "./states/state";
import type { DeployTarget } from "./target";

/**
 * Certificates that the deployment's own programs issue again at their next run, whatever is changed: judged as these programs
 * do. Where they cannot be looked at, that is said.
 */
export async function dueCertificates(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  states: ReadonlyMap<string, StackState>,
  host: Host,
): Promise<Renewed> {
  if (target.removing) return {};
  const due: Record<string, Renewed[string]> = {};
  for (const stack of stacks.filter(holdsServers)) {
    const state = states.get(stack.id);
    if (!stack.cluster || !state || !isBegun(state)) continue;
    try {
      due[stack.cluster] = await drivers.due(target, stack, new Date());
    } catch (error) {
      const [reason] = errorMessage(error).split("\n");
      host.report({ code: "notice", text: `${stack.cluster}: which certificates are due is not known: ${reason}` });
    }
  }
  return due;
}

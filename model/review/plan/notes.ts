import { type Deployed, noteOutput, readDeployedNote } from "../../topology";
import type { PlanJson } from "./format";

/** What the servers of one stack were made from, and will be; absent where nothing was, or will be. */
export interface PlannedServers {
  before?: Deployed;
  after?: Deployed;
}

/**
 * Reads what the servers of a stack are made from out of its plan: an output is there with both of its values, whereas the
 * state of before in the same document has the new one already. Undefined for a stack without servers.
 */
export function plannedServers({ output_changes = {} }: PlanJson): PlannedServers | undefined {
  const change = output_changes[noteOutput];
  if (!change) return undefined;
  const [before, after] = [readDeployedNote(change.before), readDeployedNote(change.after)];
  return { ...(before && { before }), ...(after && { after }) };
}

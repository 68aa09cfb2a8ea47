import { DataResource, Fn, TerraformLocal, TerraformResource, type TerraformStack } from "cdktf";
import {
  clusterTopology,
  holdsServers,
  type PlannedStack,
  recordedTrust,
  recordNames,
  stackRecord,
} from "../../model/topology";
import type { StackContext } from "./context";
import { json } from "./json";

/**
 * Notes in the state whose it is, and of servers what they were made from. `terraform_data` is built into Terraform, and
 * makes nothing anywhere.
 */
export function addRecord(
  stack: TerraformStack,
  { environment, topology, trust }: StackContext,
  planned: PlannedStack,
): void {
  const made = stack.node.findAll().filter((node): node is TerraformResource => node instanceof TerraformResource);
  note(stack, recordNames.stack, stackRecord(topology, planned, environment.deletionProtection));
  if (!holdsServers(planned)) return;
  // After everything else: what an apply that failed half-way has not brought about is not noted.
  note(stack, recordNames.topology, clusterTopology(topology, planned.cluster ?? ""), made);
  note(stack, recordNames.trust, recordedTrust(trust), made);
}

/** Nothing of it is secret; marked as such, plans for people leave the long text out. */
function note(stack: TerraformStack, id: string, value: unknown, after: readonly TerraformResource[] = []): void {
  const text = new TerraformLocal(stack, `${id}-text`, json(value));
  const record = new DataResource(stack, id, { dependsOn: [...after] });
  record.addOverride("input", Fn.sensitive(text.asString));
}

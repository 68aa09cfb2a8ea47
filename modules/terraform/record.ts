import { DataResource, Fn, TerraformLocal, TerraformOutput, TerraformResource, type TerraformStack } from "cdktf";
import {
  clusterTopology,
  deployedNote,
  holdsServers,
  noteOutput,
  type PlannedStack,
  recordedTrust,
  recordNames,
  stackRecord,
} from "../../model/topology";
import type { StackContext } from "./context";
import { json } from "./json";

/**
 * Notes in the state whose it is, and of servers what they were made from: the first is a resource, so that a state of
 * nothing else is one; the second an output, of which a plan shows both values. Neither makes anything anywhere.
 */
export function addRecord(
  stack: TerraformStack,
  { environment, topology, trust }: StackContext,
  planned: PlannedStack,
): void {
  const made = stack.node.findAll().filter((node): node is TerraformResource => node instanceof TerraformResource);
  const text = new TerraformLocal(
    stack,
    `${recordNames.stack}-text`,
    json(stackRecord(topology, planned, environment.deletionProtection)),
  );
  // Nothing of either is secret; marked as such, plans for people leave the long texts out.
  new DataResource(stack, recordNames.stack).addOverride("input", Fn.sensitive(text.asString));
  if (!holdsServers(planned)) return;
  const note = new TerraformOutput(stack, noteOutput, {
    value: deployedNote({ topology: clusterTopology(topology, planned.cluster ?? ""), trust: recordedTrust(trust) }),
    sensitive: true,
    staticId: true,
  });
  // After everything else: what an apply that failed half-way has not brought about is not noted. CDKTF itself writes
  // expressions here, which Terraform refuses.
  note.addOverride(
    "depends_on",
    made.map(({ terraformResourceType, friendlyUniqueId }) => `${terraformResourceType}.${friendlyUniqueId}`),
  );
}

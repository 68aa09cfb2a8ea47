import { isSame } from "../../model/change";
import { type PlannedServers, type ReviewInput, type StackReview, trustChange } from "../../model/review";
import { clusterTopology, type Deployed, type Topology } from "../../model/topology";
import { changeOf, deployedWholes } from "../change";

/**
 * The same review with Terraform's plans: these know what is deployed, and the change begins at that, whatever the repository
 * said before. After a deployment that ended half-way that is several, each with a review of its own.
 *
 * @param servers what plans say of what servers are made from; clusters without are judged by the repository
 */
export function byPlans(
  input: ReviewInput,
  stacks: readonly StackReview[],
  servers: readonly PlannedServers[],
): ReviewInput[] {
  const { before, after } = input;
  const planned = servers.flatMap((one) => namesIn(one.after));
  if (!after || planned.length === 0) return [{ ...input, stacks }];
  const others = (before?.topology.clusters ?? []).map(({ name }) => name).filter((name) => !planned.includes(name));
  const states: Partial<Deployed>[] = [
    ...servers.flatMap((one) => one.before ?? []),
    ...others.map((name) => ({ topology: before && clusterTopology(before.topology, name) })),
  ];
  const names = after.topology.clusters.map(({ name }) => name);
  const keys = servers.flatMap((one) => one.after?.trust ?? [])[0];
  const planInput: ReviewInput = {
    ...input,
    stacks,
    change: changeOf(states, after.topology, names, { trust: keys }),
    planned: {
      otherCode: differing(
        after.topology,
        servers.flatMap((one) => one.after ?? []),
      ),
      otherDeployed: before
        ? differing(
            before.topology,
            servers.flatMap((one) => one.before ?? []),
          )
        : [],
    },
  };
  const deployed = deployedWholes(states);
  if (deployed.length === 0) return [planInput];
  return deployed.map(({ topology, trust }) => ({
    ...planInput,
    before: { environment: (before ?? after).environment, topology },
    ...(trust && keys && { trust: trustChange(trust, keys) }),
  }));
}

const namesIn = (deployed: Deployed | undefined): string[] =>
  (deployed?.topology.clusters ?? []).map(({ name }) => name);

/** Clusters that are noted as something else than the repository says. A note is JSON: what is undefined is not in it. */
const differing = (topology: Topology, notes: readonly Deployed[]): string[] =>
  notes.flatMap((note) =>
    namesIn(note).filter((name) => !isSame(JSON.parse(JSON.stringify(clusterTopology(topology, name))), note.topology)),
  );

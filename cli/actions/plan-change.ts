import { loadTrustIfThere, trustFile } from "../../model/config/load";
import { buildTopology, type Topology, trustProblems } from "../../model/topology";
import { planChange } from "../../templates";
import { earlierEnvironment } from "../core/earlier-environment";
import { openEnvironment } from "../core/environment";
import { showChange } from "../core/show-change";

/** `natsform plan-change`: what a change of an environment does, without a server or a cloud. */
export async function planEnvironmentChange(name: string, options: { from: string; json?: boolean }): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const earlier = await earlierEnvironment(name, options.from, root);
  const before = earlier.environment && buildTopology(earlier.environment);
  const after = loadTrustIfThere(trustFile(name, root), root);
  // Keys are compared where both sides have all of theirs: a rotation is then part of the change.
  const fits = (one: Topology | undefined, trust: typeof after) =>
    one !== undefined && trust !== undefined && trustProblems(one, trust).length === 0;
  const trust =
    fits(before, earlier.trust) && fits(topology, after) && earlier.trust && after
      ? { before: earlier.trust, after }
      : undefined;
  showChange(planChange(before, topology, { trust }), options);
}

import { loadTrustIfThere, trustFile } from "../../model/config/load";
import { buildTopology } from "../../model/topology";
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
  // With the keys of both sides a rotation is part of the change.
  const trust = earlier.trust && after ? { before: earlier.trust, after } : undefined;
  showChange(planChange(before, topology, { trust }), options);
}

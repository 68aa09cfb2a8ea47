import { z } from "zod";
import type { StackState } from "../states/state";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";

const Namespace = z.object({ metadata: z.array(z.object({ name: z.string(), uid: z.string() })).min(1) });

/** The namespace that a state says it has made. Pure. */
export function namespaceIn({ resources }: StackState): { name: string; uid: string } | undefined {
  const found = resources.find(({ type }) => /^kubernetes_namespace(_v1)?$/.test(type));
  return Namespace.safeParse(found?.attributes).data?.metadata[0];
}

/**
 * Why what a state knows is not in the cluster that would be deployed to: a context was changed, or the namespace is gone
 * with everything in it. The API gives each namespace an id of its own.
 */
export async function inOtherCluster(
  target: DeployTarget,
  name: string,
  state: StackState,
): Promise<string | undefined> {
  const known = namespaceIn(state);
  if (!known) return undefined;
  const { kubectl } = clusterAccess(target, name);
  const query = ["get", "namespace", known.name, "--ignore-not-found", "--output", "jsonpath={.metadata.uid}"];
  const uid = (await kubectl.text(...query)).trim();
  if (uid === known.uid) return undefined;
  return `the namespace ${known.name} ${uid ? "is another one" : "is not in this cluster"}`;
}

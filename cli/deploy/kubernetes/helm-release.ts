import { z } from "zod";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";

const Revisions = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.object({ status: z.string(), version: z.string() }) }),
    }),
  ),
});
type Revision = z.output<typeof Revisions>["items"][number]["metadata"];

/** Revisions of a cluster's release that Helm keeps. */
export async function revisionsOf(target: DeployTarget, name: string): Promise<Revision[]> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const selector = `owner=helm,name=${names.release}`;
  const { items } = await kubectl.json(Revisions, ...inside, "get", "secrets", "--selector", selector);
  return items.map(({ metadata }) => metadata);
}

export const lastRevision = (revisions: readonly Revision[]): Revision | undefined =>
  [...revisions].sort((a, b) => Number(b.labels.version) - Number(a.labels.version)).at(0);

/** The last revision of a release, if Helm was killed during it: Helm would refuse every later one. */
export function killedRevision(revisions: readonly Revision[]): Revision | undefined {
  const last = lastRevision(revisions);
  return last?.labels.status.startsWith("pending-") ? last : undefined;
}

/**
 * Deletes the revision that Helm was killed during. It is called between a plan, which held the state's lock, and the
 * apply: so no other process works on the release. Objects of that revision carry the release's name, and Helm adopts
 * them.
 */
export async function deletePendingRelease(target: DeployTarget, name: string): Promise<void> {
  const { kubectl, inside } = clusterAccess(target, name);
  const killed = killedRevision(await revisionsOf(target, name));
  if (killed) await kubectl.text(...inside, "delete", "secret", killed.name);
}

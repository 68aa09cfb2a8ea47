import type { ClusterTopology } from "../../model/topology";
import type { IncludedFile } from "../../templates/nats-conf";
import type { DeployTarget } from "./target";

/** Contents of the files that servers of a leaf cluster include: the seeds of their users at the hub. */
export async function leafIncludes(
  { keys }: Pick<DeployTarget, "keys">,
  { leafLinks }: ClusterTopology,
): Promise<IncludedFile> {
  const seeds = new Map<string, string>();
  for (const { user } of leafLinks) {
    const seed = await keys.read(`user-${user}`);
    if (seed) seeds.set(`${user}.conf`, seed);
  }
  return (path) => {
    const nkey = seeds.get(path.slice(path.lastIndexOf("/") + 1));
    return nkey === undefined ? undefined : { nkey };
  };
}

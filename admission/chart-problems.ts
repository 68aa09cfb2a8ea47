import type { Problem } from "../model/config";
import { isOnKubernetes, type Topology } from "../model/topology";
import { helmValues, valuesProblems } from "../templates/helm-values";
import { standInTrust } from "./stand-in-trust";

/**
 * What the official chart would pass over or print as something else. It does not hang on keys, so it is told before
 * there are any. The objects that a release has beside are left out: their schemas let in nothing that a chart cannot print.
 */
export function chartProblems(topology: Topology): Problem[] {
  const trust = standInTrust(topology);
  return topology.clusters.filter(isOnKubernetes).flatMap((cluster) =>
    valuesProblems(helmValues({ topology, trust, cluster })).map((problem) => ({
      ...problem,
      path: ["clusters", cluster.name, "platform", "chart", "values", ...problem.path],
    })),
  );
}

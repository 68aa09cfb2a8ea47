import type { Problem } from "../model/config";
import { isOnKubernetes, type Topology } from "../model/topology";
import { helmValues, valuesProblems } from "../templates/helm-values";
import { standInTrust } from "./stand-in-trust";

/**
 * Values that the official chart would ignore or print as something else. They do not depend on keys, so they are
 * reported before keys exist. The release's extra objects are left out: their schemas accept nothing that a chart
 * cannot print.
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

import type { Problem } from "../model/config";
import { isOnKubernetes, type Topology } from "../model/topology";
import { helmValues, settingProblems, valuesProblems } from "../templates/helm-values";
import { standInTrust } from "./stand-in-trust";

/**
 * Values that the official chart would ignore or print as something else, and those that a setting stands for. They do not depend on keys, so they are
 * reported before keys exist. The release's extra objects are left out: their schemas accept nothing that a chart
 * cannot print.
 */
export function chartProblems(topology: Topology): Problem[] {
  const trust = standInTrust(topology);
  return topology.clusters.filter(isOnKubernetes).flatMap((cluster) => {
    const { values } = cluster.platform.chart;
    const own = [...valuesProblems(values), ...settingProblems(values, cluster.name)];
    // What natsform makes of other values says nothing more about these.
    const found = own.length > 0 ? own : valuesProblems(helmValues({ topology, trust, cluster }));
    return found.map((problem) => ({
      ...problem,
      path: ["clusters", cluster.name, "platform", "chart", "values", ...problem.path],
    }));
  });
}

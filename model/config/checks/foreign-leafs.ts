import type { Problem } from "../problem";
import { type Check, clustersOf, dict, list } from "./raw";

/** Leaf nodes that natsform does not deploy: they need a hub, and a name that nothing else has. */
export const foreignLeafs: Check = (env) => {
  const clusters = clustersOf(env);
  const taken = new Set(clusters.map(([name]) => name));
  return clusters.flatMap(([name, cluster]) => {
    const problems: Problem[] = [];
    for (const [leaf, value] of Object.entries(dict(cluster.foreignLeafs))) {
      const path = ["clusters", name, "foreignLeafs", leaf];
      for (const [i, account] of list(dict(value).accounts).entries()) {
        if (list(dict(value).accounts).indexOf(account) === i) continue;
        problems.push({
          path: [...path, "accounts", i],
          got: account,
          message: "is linked already",
          fix: "leave it out",
        });
      }
      if (taken.has(leaf)) {
        const message = "is the name of another leaf or cluster; their users would be the same";
        problems.push({ path, got: leaf, message, fix: "give each its own name" });
      }
      taken.add(leaf);
    }
    if (cluster.leafHub === true) return problems;
    for (const key of ["foreignLeafs", "leafAddress"]) {
      const given = cluster[key];
      if (given === undefined || (key === "foreignLeafs" && Object.keys(dict(given)).length === 0)) continue;
      const message = "is for a hub, and this cluster does not accept leaf nodes";
      problems.push({
        path: ["clusters", name, key],
        got: given,
        message,
        fix: `set clusters.${name}.leafHub to true`,
      });
    }
    return problems;
  });
};

import { isOnKubernetes } from "../topology";
import { type EnvironmentRule, pathText } from "./context";

/** The official Helm chart. */

const old: EnvironmentRule = {
  id: "chart-too-old",
  severity: "error",
  title: "The chart is of the 0.x line",
  reason:
    "Its values have other names, and no schema says so: Helm succeeds and installs one server without JetStream, cluster and volumes (k8s#846, #888).",
  fix: "use 2.12.1 or later, the charts that follow the server's version",
  check: ({ topology }) =>
    topology.clusters.filter(isOnKubernetes).flatMap(({ name, platform }) =>
      platform.chart.version.startsWith("0.")
        ? [
            {
              at: pathText("clusters", name, "platform", "chart", "version"),
              message: `chart ${platform.chart.version} does not know the values that natsform writes`,
            },
          ]
        : [],
    ),
};

export const chartRules: readonly EnvironmentRule[] = [old];

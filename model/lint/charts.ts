import { archiveDigest } from "../config/charts";
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

const unpinned: EnvironmentRule = {
  id: "chart-by-version",
  severity: "warning",
  title: "The chart is named by its version alone",
  reason:
    "A version can be published again with other contents, and Helm compares nothing: whoever may write to the repository decides what runs in the namespace.",
  fix: "set platform.chart.sha256 to the SHA-256 of the archive, which deploy compares, or name a folder that you have looked at in platform.chart.path",
  check: ({ topology }) =>
    topology.clusters.filter(isOnKubernetes).flatMap(({ name, platform: { chart } }) =>
      chart.path !== undefined || archiveDigest(chart)
        ? []
        : [
            {
              at: pathText("clusters", name, "platform", "chart"),
              message: `chart ${chart.version} of ${chart.repository}: no sha256`,
            },
          ],
    ),
};

const many = "ReadWriteMany";

const sharedStore: EnvironmentRule = {
  id: "store-on-shared-volume",
  severity: "error",
  title: "The volume of a server's store can be mounted by several pods at once",
  reason:
    "nats-server takes no lock: two servers on one store are both healthy, and destroy it. The chart's ReadWriteOnce keeps other nodes off, and the StatefulSet has one pod of each name, until somebody deletes one by force.",
  fix: 'leave accessModes out, or use ["ReadWriteOncePod"] for a new cluster, which keeps every other pod off',
  check: ({ topology }) =>
    topology.clusters.filter(isOnKubernetes).flatMap(({ name, platform: { chart } }) => {
      const text = JSON.stringify((chart.values.config as { jetstream?: unknown } | undefined)?.jetstream ?? {});
      return text.includes(`"${many}"`)
        ? [
            {
              at: pathText("clusters", name, "platform", "chart", "values"),
              message: `the file store asks for ${many}`,
            },
          ]
        : [];
    }),
};

export const chartRules: readonly EnvironmentRule[] = [old, unpinned, sharedStore];

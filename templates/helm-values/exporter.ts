import { formatDuration } from "../../model/config/units";
import type { KubernetesPlatform } from "../../model/topology";
import { imageOf, small, unprivileged } from "./pod";

/** The chart's own port. */
export const exporterPort = 7777;

/** The exporter of each server, and the chart's PodMonitor of it. */
export function exporterValues(platform: KubernetesPlatform): Record<string, unknown> {
  const { exporter, monitor, labels, interval } = platform.monitoring;
  return {
    enabled: exporter,
    port: exporterPort,
    ...imageOf(platform.images.exporter),
    merge: { securityContext: unprivileged, resources: small(platform) },
    // Not set by the chart: exports whether every stream and consumer on the server is current.
    patch: [{ op: "add", path: "/args/0", value: "-healthz" }],
    podMonitor: {
      enabled: exporter && monitor === "pod",
      merge: { metadata: { labels } },
      patch: [{ op: "add", path: "/spec/podMetricsEndpoints/0/interval", value: formatDuration(interval) }],
    },
  };
}

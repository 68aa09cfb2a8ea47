/** Custom resources of the Prometheus operator, as they stand in a manifest. */
export interface CustomResource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: Record<string, unknown>;
}

type Metadata = CustomResource["metadata"];

export interface MonitorProps {
  metadata: Metadata;
  /** Labels of the pods, or of the Service before them. */
  selector: Record<string, string>;
  /** Name of the port. */
  port: string;
  /** Duration of Prometheus. */
  interval: string;
}

const apiVersion = "monitoring.coreos.com/v1";

/** Has Prometheus scrape the pods themselves. */
export const podMonitor = ({ metadata, selector, port, interval }: MonitorProps): CustomResource => ({
  apiVersion,
  kind: "PodMonitor",
  metadata,
  spec: { selector: { matchLabels: selector }, podMetricsEndpoints: [{ port, interval }] },
});

/** Has Prometheus scrape every pod behind a Service. */
export const serviceMonitor = ({ metadata, selector, port, interval }: MonitorProps): CustomResource => ({
  apiVersion,
  kind: "ServiceMonitor",
  metadata,
  spec: { selector: { matchLabels: selector }, endpoints: [{ port, interval }] },
});

export const prometheusRule = (metadata: Metadata, groups: readonly object[]): CustomResource => ({
  apiVersion,
  kind: "PrometheusRule",
  metadata,
  spec: { groups },
});

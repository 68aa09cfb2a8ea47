import { formatDuration } from "../../model/config/units";
import {
  type CustomResource,
  podMonitor,
  prometheusRule,
  ruleGroups,
  serviceMonitor,
} from "../../templates/kubernetes-monitoring";
import { type KubernetesContext, labelsOf } from "./context";
import { monitoringTargetsOf } from "./monitoring-targets";

/** Service before the exporters, and the name of its port. */
export const exporterService = ({ names }: KubernetesContext) => `${names.release}-metrics`;
export const exporterPortName = "metrics";

/**
 * Objects of a cluster for the Prometheus operator, besides the chart's own PodMonitor. They go with the release, since
 * Terraform plans an object of a custom kind only where that kind is known.
 */
export function monitoringObjects(context: KubernetesContext): CustomResource[] {
  const { names, namespace, cluster } = context;
  const { monitor, rules, labels, interval } = cluster.platform.monitoring;
  const metadata = (name: string) => ({ name, namespace, labels: { ...labelsOf(context), ...labels } });
  const every = formatDuration(interval);
  const callout = {
    metadata: metadata(names.callout),
    selector: labelsOf(context, "auth-callout"),
    port: "http",
    interval: every,
  };
  const servers = {
    metadata: metadata(names.release),
    selector: labelsOf(context, "exporter"),
    port: exporterPortName,
    interval: every,
  };
  // Autoscalers read it: what is counted is scraped as often as it is counted.
  const counted = (cluster.backlogs.length > 0 ? [cluster.name] : []).map((name) => ({
    metadata: metadata(`${name}-backlog`),
    selector: labelsOf(context, "backlog"),
    port: "http",
    interval: "15s",
  }));
  const monitors = {
    none: [],
    pod: [podMonitor(callout), ...counted.map(podMonitor)],
    service: [serviceMonitor(servers), serviceMonitor(callout), ...counted.map(serviceMonitor)],
  };
  return [
    ...monitors[monitor],
    ...(rules ? [prometheusRule(metadata(names.release), ruleGroups(monitoringTargetsOf(context)))] : []),
  ];
}

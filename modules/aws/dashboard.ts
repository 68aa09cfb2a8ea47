import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import type { Construct } from "constructs";
import { certificateMetrics, type ManagedCertificate } from "../../runtime/certificate-manager/env";
import { DNS_SYNC_DIMENSION, DNS_SYNC_NAMESPACE } from "../../runtime/dns-sync/env";
import { type DashboardGraph, toDashboard } from "../../templates/aws-dashboard";
import { json } from "../terraform/json";
import { calloutMetrics, calloutNamespace } from "./callout-alarms";

export interface DashboardProps {
  prefix: string;
  region: string;
  recordName?: string;
  ecsCluster: string;
  services: readonly string[];
  certificates: readonly ManagedCertificate[];
}

/** One page about a cluster. Its metrics are named, not referred to: it may show what another stack brings. */
export function dashboard(scope: Construct, id: string, props: DashboardProps): CloudwatchDashboard {
  const { prefix, region } = props;
  return new CloudwatchDashboard(scope, id, {
    dashboardName: prefix,
    dashboardBody: json(toDashboard(region, graphs(props))),
  });
}

function graphs({ prefix, recordName, ecsCluster, services, certificates }: DashboardProps): DashboardGraph[] {
  const ofServices = (metric: string, statistic: string) =>
    services.map((ServiceName) => ({
      namespace: "AWS/ECS",
      metric,
      dimensions: { ClusterName: ecsCluster, ServiceName },
      statistic,
      label: ServiceName,
    }));
  const ofRecord = (metric: string, statistic: string) =>
    recordName
      ? [{ namespace: DNS_SYNC_NAMESPACE, metric, dimensions: { [DNS_SYNC_DIMENSION]: recordName }, statistic }]
      : [];
  const callout = calloutMetrics(prefix);
  const ofCallout = (metric: string, statistic: string) => ({ namespace: calloutNamespace, metric, statistic });
  const days = certificates.map(({ id, secret }) => ({
    namespace: certificateMetrics.namespace,
    metric: certificateMetrics.daysLeft,
    dimensions: { [certificateMetrics.dimension]: secret },
    statistic: "Minimum",
    label: id,
  }));
  return [
    { title: "Healthy servers", period: 60, metrics: ofRecord("HealthyServers", "Minimum") },
    {
      title: "Client record",
      period: 60,
      metrics: ["RecordChanges", "Failures"].flatMap((name) => ofRecord(name, "Sum")),
    },
    { title: "CPU of servers, %", period: 60, metrics: ofServices("CPUUtilization", "Maximum") },
    { title: "Memory of servers, %", period: 60, metrics: ofServices("MemoryUtilization", "Maximum") },
    { title: "Days left of certificates", period: 21_600, metrics: days },
    { title: "Logins", period: 60, metrics: [ofCallout(callout.admissions, "Sum"), ofCallout(callout.denials, "Sum")] },
    { title: "Login, p99 in ms", period: 60, metrics: [ofCallout(callout.duration, "p99")] },
  ].filter(({ metrics }) => metrics.length > 0);
}

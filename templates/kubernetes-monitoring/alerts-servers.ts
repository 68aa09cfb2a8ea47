import type { Alert } from "./alert";
import { logMetrics, exporterMetrics as metric } from "./metrics";
import { type MonitoringTargets, serversOf } from "./monitoring-targets";

/** Servers that answer; nothing where none does. By pod, so that one with two monitors counts once. */
const counted = (targets: MonitoringTargets) => `count(count by (pod) (${metric.alive}${serversOf(targets)}))`;
const answering = (targets: MonitoringTargets) => `(${counted(targets)} or vector(0))`;

/** Keeps values of servers that answer: the others' values are old. */
const whileAnswering = (targets: MonitoringTargets) => `and on (pod) ${metric.alive}${serversOf(targets)}`;

/** Alerts when servers are down, not connected to each other, or too slow for their clients. */
export function serverAlerts(targets: MonitoringTargets): Alert[] {
  const { servers, memoryBytes, diskBytes } = targets;
  const of = serversOf(targets);
  const quorum = Math.floor(servers / 2) + 1;
  const alerts: Alert[] = [
    {
      name: "NatsServerDown",
      severity: servers === 1 ? "critical" : "warning",
      expr: `${answering(targets)} < ${servers}`,
      for: "5m",
      summary: `{{ $value }} of ${servers} servers answer`,
    },
    {
      name: "NatsServerRestarts",
      severity: "warning",
      expr: `sum by (pod) (changes(${metric.start}${of}[1h])) > 2`,
      for: "1m",
      summary: "{{ $labels.pod }} was started {{ $value }} times within an hour",
    },
    {
      name: "NatsServerMemory",
      severity: "warning",
      expr: `max by (pod) (${metric.memory}${of}) / ${memoryBytes} > 0.9`,
      for: "10m",
      summary: "{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its memory; beyond it the kernel kills it",
    },
    ...(diskBytes === undefined ? [] : [logsNearLimit(of, diskBytes)]),
    {
      name: "NatsConnectionsNearLimit",
      severity: "warning",
      expr: `max by (pod) (${metric.connections}${of} / ${metric.maxConnections}${of}) > 0.9`,
      for: "10m",
      summary: "{{ $labels.pod }} holds {{ $value | humanizePercentage }} of the connections that it may",
    },
    {
      name: "NatsSlowConsumers",
      severity: "warning",
      expr: `sum by (pod) (increase(${metric.slowConsumers}${of}[15m])) > 0`,
      for: "1m",
      summary:
        "{{ $labels.pod }} cut off clients that did not read fast enough, and what they had not read is lost to them",
    },
  ];
  if (servers === 1) return alerts;
  return [
    {
      name: "NatsQuorumLost",
      severity: "critical",
      expr: `${answering(targets)} < ${quorum}`,
      for: "1m",
      summary: `{{ $value }} of ${servers} servers answer; streams need ${quorum}`,
    },
    ...alerts,
    {
      name: "NatsRoutesMissing",
      severity: "critical",
      // Servers that are down have another alert.
      expr: `max by (pod) (${metric.remotes}${of} ${whileAnswering(targets)}) < scalar(${counted(targets)}) - 1`,
      for: "5m",
      summary: "{{ $labels.pod }} has routes to {{ $value }} servers; more than these answer",
    },
  ];
}

/** Beyond it servers are evicted, past their disruption budget; they log alike, so all of them at about the same time. */
const logsNearLimit = (of: string, diskBytes: number): Alert => ({
  name: "NatsServerLogsNearLimit",
  severity: "warning",
  expr: `max by (pod) (${logMetrics.used}${of}) / ${diskBytes} > 0.7`,
  for: "10m",
  summary: "logs of {{ $labels.pod }} take {{ $value | humanizePercentage }} of the disk at which it is evicted",
});

/** Alerts when leaf nodes are not connected, on either end. */
export function leafAlerts(targets: MonitoringTargets): Alert[] {
  const { expected, perServer } = targets.leafNodes;
  const connected = `${metric.leafNodes}${serversOf(targets)} ${whileAnswering(targets)}`;
  const alerts: Alert[] = [];
  if (expected > 0) {
    alerts.push({
      name: "NatsLeafNodesMissing",
      severity: "warning",
      expr: `(sum(max by (pod) (${connected})) or vector(0)) < ${expected}`,
      for: "10m",
      summary: `{{ $value }} of ${expected} leaf nodes are connected`,
    });
  }
  if (perServer > 0) {
    alerts.push({
      name: "NatsHubUnreachable",
      severity: "warning",
      expr: `max by (pod) (${connected}) < ${perServer}`,
      for: "10m",
      summary: `{{ $labels.pod }} has {{ $value }} of ${perServer} links to its hub`,
    });
  }
  return alerts;
}

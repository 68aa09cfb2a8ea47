import type { MonitoringTargets } from "./monitoring-targets";

/** `critical`: somebody is woken. `warning`: somebody looks today. */
export type Severity = "critical" | "warning";

/** One alert, as people write it. */
export interface Alert {
  /** Also the heading in docs/monitoring.md that says what to do. */
  name: string;
  severity: Severity;
  expr: string;
  /** How long it has to be so: a duration of Prometheus. */
  for: string;
  /** What is wrong, in one line; `{{ $labels.pod }}` and `{{ $value }}` are filled in by Prometheus. */
  summary: string;
}

/** The same as Prometheus reads it. */
export interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export const toRule = ({ environment, cluster, namespace }: MonitoringTargets, alert: Alert): Rule => ({
  alert: alert.name,
  expr: alert.expr,
  for: alert.for,
  labels: { severity: alert.severity, environment, nats_cluster: cluster, namespace },
  annotations: {
    summary: `${environment}/${cluster}: ${alert.summary}`,
    runbook: `docs/monitoring.md#${alert.name.toLowerCase()}`,
  },
});

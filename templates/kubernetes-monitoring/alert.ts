import type { MonitoringTargets } from "./monitoring-targets";

/** `critical`: needs an operator at once. `warning`: needs an operator today. */
export type Severity = "critical" | "warning";

/** One alert, as people write it. */
export interface Alert {
  /** Also the heading in docs/monitoring.md that describes the remedy. */
  name: string;
  severity: Severity;
  expr: string;
  /** Time for which the expression must hold: a duration of Prometheus. */
  for: string;
  /** Problem, in one line; `{{ $labels.pod }}` and `{{ $value }}` are filled in by Prometheus. */
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

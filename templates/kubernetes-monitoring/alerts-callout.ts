import type { Alert } from "./alert";
import { calloutMetrics as metric } from "./metrics";
import { calloutOf, type MonitoringTargets } from "./monitoring-targets";

/** Denials for which no token is the reason: the responder cannot decide. */
const ownFaults = 'reason=~"internal|jwks_unavailable|identity_refused|too_many_subjects"';

/** Alerts when users cannot log in. */
export function calloutAlerts(targets: MonitoringTargets): Alert[] {
  const of = calloutOf(targets);
  const slow = targets.calloutTimeoutSeconds / 2;
  return [
    {
      name: "NatsCalloutWithoutResponder",
      severity: "critical",
      expr: `(sum(${metric.connected}${of}) or vector(0)) < 1`,
      for: "1m",
      summary: "no responder of the auth callout is connected: nobody new gets in but operators",
    },
    {
      name: "NatsCalloutFails",
      severity: "critical",
      expr: `sum by (reason) (rate(${metric.decisions}${calloutOf(targets, ownFaults)}[5m])) > 0`,
      for: "5m",
      summary: "logins are denied by the responders' own fault: {{ $labels.reason }}",
    },
    {
      name: "NatsCalloutDeniesMany",
      severity: "warning",
      expr: `sum by (reason) (rate(${metric.decisions}${calloutOf(targets, 'verdict="denied"')}[5m])) * 60 > 100`,
      for: "5m",
      summary: "more than 100 logins a minute are denied ({{ $labels.reason }}): an attack, or a broken release",
    },
    {
      name: "NatsCalloutRefusesServers",
      severity: "warning",
      expr: `sum by (reason) (increase(${metric.decisions}${calloutOf(targets, 'verdict="refused"')}[15m])) > 0`,
      for: "5m",
      summary: "responders got what is no request of a server of theirs ({{ $labels.reason }})",
    },
    {
      name: "NatsCalloutSlow",
      severity: "warning",
      expr: `histogram_quantile(0.99, sum by (le) (rate(${metric.durations}${of}[5m]))) > ${slow}`,
      for: "10m",
      summary: `one login in a hundred takes {{ $value | humanizeDuration }}; servers give up after ${targets.calloutTimeoutSeconds}s`,
    },
    {
      name: "NatsCalloutKeysNotFetched",
      severity: "warning",
      expr: `sum(increase(${metric.keyFetches}${calloutOf(targets, 'result="failure"')}[30m])) > 2`,
      for: "5m",
      summary: "the issuer's key set cannot be downloaded: new keys of the issuer would be unknown",
    },
  ];
}

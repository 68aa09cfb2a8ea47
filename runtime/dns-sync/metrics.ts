import { DNS_SYNC_DIMENSION, DNS_SYNC_METRICS, DNS_SYNC_NAMESPACE, type DnsSyncMetric } from "./contract";
import type { Outcome } from "./reconcile";

export type MetricValues = Partial<Record<DnsSyncMetric, number>>;

/** What an invocation reports; without an outcome it failed. */
export function metricValues(outcome: Outcome | undefined, retries: number, now: number): MetricValues {
  if (!outcome) return { RecordChanges: 0, OwnershipRefusals: 0, Failures: 1, Retries: retries };
  const { healthy, record } = outcome;
  return {
    HealthyServers: healthy.length,
    RecordChanges: Number(record === "changed" || record === "deleted"),
    OwnershipRefusals: Number(record === "refused"),
    Failures: 0,
    Retries: retries,
    ...(record !== "refused" && { LastSuccess: Math.floor(now / 1000) }),
  };
}

/**
 * A line in CloudWatch's embedded metric format: on stdout it becomes metrics, without a request or a permission.
 *
 * @param now milliseconds since the epoch
 */
export function metricLine(recordName: string, values: MetricValues, now: number): string {
  const Metrics = Object.entries(DNS_SYNC_METRICS)
    .filter(([name]) => name in values)
    .map(([Name, Unit]) => ({ Name, Unit }));
  const directive = { Namespace: DNS_SYNC_NAMESPACE, Dimensions: [[DNS_SYNC_DIMENSION]], Metrics };
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [directive] },
    [DNS_SYNC_DIMENSION]: recordName,
    ...values,
  });
}

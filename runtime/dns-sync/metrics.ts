import { embeddedMetrics } from "../common/embedded-metrics";
import { DNS_SYNC_DIMENSION, DNS_SYNC_METRICS, DNS_SYNC_NAMESPACE, type DnsSyncMetric } from "./contract";
import type { Outcome } from "./reconcile";

export type MetricValues = Partial<Record<DnsSyncMetric, number>>;

/** Metrics of an invocation; without an outcome it failed. */
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

/** @param now milliseconds since the epoch */
export const metricLine = (recordName: string, values: MetricValues, now: number): string =>
  embeddedMetrics(
    { namespace: DNS_SYNC_NAMESPACE, dimension: [DNS_SYNC_DIMENSION, recordName], values, units: DNS_SYNC_METRICS },
    now,
  );

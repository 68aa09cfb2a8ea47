import { certificateMetrics } from "./contract";

/**
 * A line from which CloudWatch makes metrics (embedded metric format): a log is all that the function needs for it.
 *
 * @param values by the metrics' names
 */
export function metricLine(secret: string, values: Record<string, number>, now: Date): string {
  const { namespace, dimension } = certificateMetrics;
  const Metrics = Object.keys(values).map((Name) => ({ Name }));
  const CloudWatchMetrics = [{ Namespace: namespace, Dimensions: [[dimension]], Metrics }];
  return JSON.stringify({ _aws: { Timestamp: now.getTime(), CloudWatchMetrics }, [dimension]: secret, ...values });
}

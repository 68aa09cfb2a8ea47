export interface EmbeddedMetrics {
  namespace: string;
  /** Its name and its value. */
  dimension: readonly [name: string, value: string];
  /** By the metrics' names. */
  values: Readonly<Record<string, number>>;
  /** By the metrics' names, where they have one. */
  units?: Readonly<Record<string, string>>;
}

/**
 * A line in CloudWatch's embedded metric format: in a function's log it becomes metrics, without a request or a
 * permission.
 *
 * @param now milliseconds since the epoch
 */
export function embeddedMetrics({ namespace, dimension, values, units = {} }: EmbeddedMetrics, now: number): string {
  const [name, value] = dimension;
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: units[Name] }));
  const CloudWatchMetrics = [{ Namespace: namespace, Dimensions: [[name]], Metrics }];
  return JSON.stringify({ _aws: { Timestamp: now, CloudWatchMetrics }, [name]: value, ...values });
}

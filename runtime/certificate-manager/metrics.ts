import { embeddedMetrics } from "../common/embedded-metrics";
import { certificateMetrics } from "./contract";

/** @param values by the metrics' names */
export function metricLine(secret: string, values: Record<string, number>, now: Date): string {
  const { namespace, dimension } = certificateMetrics;
  return embeddedMetrics({ namespace, dimension: [dimension, secret], values }, now.getTime());
}

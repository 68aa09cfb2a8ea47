/** A line of a graph: CloudWatch's namespace and metric, and the dimensions that choose one. */
export interface DashboardMetric {
  namespace: string;
  metric: string;
  dimensions?: Record<string, string>;
  statistic: string;
  label?: string;
}

export interface DashboardGraph {
  title: string;
  metrics: DashboardMetric[];
  /** Seconds. */
  period: number;
}

/** Body of a CloudWatch dashboard: its graphs, two in a row. */
export function toDashboard(region: string, graphs: readonly DashboardGraph[]): object {
  return {
    widgets: graphs.map(({ title, metrics, period }, i) => ({
      type: "metric",
      x: (i % 2) * 12,
      y: Math.floor(i / 2) * 6,
      width: 12,
      height: 6,
      properties: {
        title,
        region,
        period,
        view: "timeSeries",
        yAxis: { left: { min: 0 } },
        metrics: metrics.map(({ namespace, metric, dimensions = {}, statistic, label }) => [
          namespace,
          metric,
          ...Object.entries(dimensions).flat(),
          { stat: statistic, ...(label && { label }) },
        ]),
      },
    })),
  };
}

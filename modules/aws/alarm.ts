import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { Construct } from "constructs";

export interface AlarmProps {
  name: string;
  /** What is wrong when it rings, and what to do: whoever is woken up reads this first. */
  description: string;
  namespace: string;
  metric: string;
  dimensions?: Record<string, string>;
  statistic: "Average" | "Maximum" | "Minimum" | "SampleCount" | "Sum" | "p99";
  periodSeconds: number;
  /** Periods that must be wrong. */
  periods: number;
  comparison: "above" | "below";
  threshold: number;
  /** What no value means. */
  missing: "breaching" | "notBreaching";
  /** SNS topic that is told, also when it is over. */
  topicArn?: string;
}

export function alarm(scope: Construct, id: string, props: AlarmProps): CloudwatchMetricAlarm {
  const { statistic, topicArn } = props;
  const topics = topicArn ? [topicArn] : undefined;
  return new CloudwatchMetricAlarm(scope, id, {
    alarmName: props.name,
    alarmDescription: props.description,
    namespace: props.namespace,
    metricName: props.metric,
    dimensions: props.dimensions,
    ...(statistic === "p99" ? { extendedStatistic: statistic } : { statistic }),
    period: props.periodSeconds,
    evaluationPeriods: props.periods,
    comparisonOperator: props.comparison === "above" ? "GreaterThanThreshold" : "LessThanThreshold",
    threshold: props.threshold,
    treatMissingData: props.missing,
    alarmActions: topics,
    okActions: topics,
  });
}

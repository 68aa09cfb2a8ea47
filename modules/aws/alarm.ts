import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { Construct } from "constructs";

export interface AlarmProps {
  name: string;
  /** Problem and remedy, for the operator who is alarmed. */
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
  /** Meaning of missing values. */
  missing: "breaching" | "notBreaching";
  /** SNS topic that is notified of the alarm and of its end. */
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

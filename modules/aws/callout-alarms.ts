import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter";
import { Construct } from "constructs";
import { alarm } from "./alarm";

export interface CalloutAlarmsProps {
  prefix: string;
  logGroup: string;
  topicArn?: string;
}

export const calloutNamespace = "natsform/auth-callout";
/** Metrics that are filtered from the responders' logs, by cluster. */
export const calloutMetrics = (prefix: string) => ({
  denials: `${prefix}-denials`,
  admissions: `${prefix}-admissions`,
  duration: `${prefix}-duration-ms`,
});

/** Alarms when users cannot log in, or wait long. */
export class CalloutAlarms extends Construct {
  constructor(scope: Construct, id: string, { prefix, logGroup, topicArn }: CalloutAlarmsProps) {
    super(scope, id);
    const { denials, admissions, duration } = calloutMetrics(prefix);
    const filter = (name: string, metric: string, pattern: string, value: string) =>
      new CloudwatchLogMetricFilter(this, name, {
        name: metric,
        logGroupName: logGroup,
        pattern,
        metricTransformation: { namespace: calloutNamespace, name: metric, value },
      });
    filter("denials", denials, '{ $.verdict = "denied" }', "1");
    filter("admissions", admissions, '{ $.verdict = "admitted" }', "1");
    filter("duration", duration, "{ $.durationMs >= 0 }", "$.durationMs");
    alarm(this, "many-denials", {
      name: `${prefix}-callout-denials`,
      description: "More than 100 logins a minute are denied: an attack, an issuer's change, or a broken release",
      namespace: calloutNamespace,
      metric: denials,
      statistic: "Sum",
      periodSeconds: 60,
      periods: 5,
      comparison: "above",
      threshold: 100,
      missing: "notBreaching",
      topicArn,
    });
    alarm(this, "slow", {
      name: `${prefix}-callout-slow`,
      // nats-server gives up after two seconds.
      description: "One login in a hundred takes more than a second; servers give up after two",
      namespace: calloutNamespace,
      metric: duration,
      statistic: "p99",
      periodSeconds: 60,
      periods: 3,
      comparison: "above",
      threshold: 1000,
      missing: "notBreaching",
      topicArn,
    });
  }
}

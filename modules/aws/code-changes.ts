import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter";
import { CloudwatchLogResourcePolicy } from "@cdktf/provider-aws/lib/cloudwatch-log-resource-policy";
import { Construct } from "constructs";
import { json } from "../terraform/json";
import { alarm } from "./alarm";
import { codeChangePattern } from "./code-change-pattern";
import type { Lookups } from "./lookups";

export interface CodeChangesProps {
  /** `ENV-CLUSTER`: what functions, services and task definitions of the cluster begin with. */
  prefix: string;
  cluster: string;
  /** ARNs of the IAM roles that may change code. */
  deployRoleArns: readonly string[];
  retentionDays: number;
  lookups: Lookups;
  topicArn?: string;
}

const namespace = "natsform/code-changes";
const delivery = {
  Effect: "Allow",
  Principal: { Service: ["delivery.logs.amazonaws.com", "events.amazonaws.com"] },
};

/** A log of the calls that change what runs, made by anybody but the roles that deploy, and an alarm of each. */
export class CodeChanges extends Construct {
  constructor(scope: Construct, id: string, props: CodeChangesProps) {
    super(scope, id);
    const { prefix, cluster, deployRoleArns, retentionDays, lookups, topicArn } = props;
    const name = `${prefix}-code-changes`;
    const log = new CloudwatchLogGroup(this, "log", {
      name: lookups.names.logGroup(`${cluster}-code-changes`),
      retentionInDays: retentionDays,
      kmsKeyId: lookups.kmsKeyArn,
    });
    const rule = new CloudwatchEventRule(this, "rule", {
      name,
      description: `Code of ${prefix} changed outside of a deployment`,
      eventPattern: json(codeChangePattern({ prefix, ecsCluster: lookups.names.ecsCluster, deployRoleArns })),
    });
    // EventBridge writes to a log by the log's policy: it uses no role for that.
    const policy = new CloudwatchLogResourcePolicy(this, "policy", {
      policyName: name,
      policyDocument: json({
        Version: "2012-10-17",
        Statement: [
          { ...delivery, Action: "logs:CreateLogStream", Resource: `${log.arn}:*` },
          {
            ...delivery,
            Action: "logs:PutLogEvents",
            Resource: `${log.arn}:*`,
            Condition: { ArnEquals: { "aws:SourceArn": rule.arn } },
          },
        ],
      }),
    });
    new CloudwatchEventTarget(this, "target", { rule: rule.name, arn: log.arn, dependsOn: [policy] });
    const filter = new CloudwatchLogMetricFilter(this, "count", {
      name,
      logGroupName: log.name,
      pattern: "",
      metricTransformation: { namespace, name, value: "1" },
    });
    alarm(this, "alarm", {
      name,
      description: `Somebody who does not deploy changed the code of ${prefix}: the log group ${log.name} says who. docs/runbooks/code-changed.md`,
      namespace,
      metric: filter.name,
      statistic: "Sum",
      periodSeconds: 60,
      periods: 1,
      comparison: "above",
      threshold: 0,
      missing: "notBreaching",
      topicArn,
    });
  }
}

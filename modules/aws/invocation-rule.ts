import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { Construct } from "constructs";
import { json } from "../terraform/json";
import type { LambdaProgram } from "./lambda-program";

export interface InvocationRuleProps {
  name: string;
  description: string;
  /** `rate(…)` or `cron(…)`. */
  schedule?: string;
  /** Events of AWS that lead to an invocation. */
  pattern?: object;
  program: LambdaProgram;
}

/** Invokes a program on a schedule, or on events. */
export class InvocationRule extends Construct {
  readonly rule: CloudwatchEventRule;

  constructor(scope: Construct, id: string, { name, description, schedule, pattern, program }: InvocationRuleProps) {
    super(scope, id);
    this.rule = new CloudwatchEventRule(this, "rule", {
      name,
      description,
      scheduleExpression: schedule,
      eventPattern: pattern && json(pattern),
    });
    const permission = new LambdaPermission(this, "permission", {
      statementId: id,
      action: "lambda:InvokeFunction",
      functionName: program.function.functionName,
      principal: "events.amazonaws.com",
      sourceArn: this.rule.arn,
    });
    new CloudwatchEventTarget(this, "target", {
      rule: this.rule.name,
      arn: program.function.arn,
      retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
      dependsOn: [permission],
    });
  }
}

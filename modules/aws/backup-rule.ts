import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { Construct } from "constructs";
import { eventBridgeSchedules } from "./backup-schedule";
import type { Lookups } from "./lookups";
import { role } from "./policy";
import type { ProgramTask } from "./program-task";

export interface BackupRuleProps {
  name: string;
  description: string;
  /** Five fields of cron, in UTC. */
  schedule: string;
  task: ProgramTask;
  lookups: Lookups;
  subnets: string[];
  publicAddress: boolean;
  securityGroupId: string;
}

/** Runs a task on a schedule. */
export class BackupRule extends Construct {
  constructor(scope: Construct, id: string, props: BackupRuleProps) {
    super(scope, id);
    const { name, description, schedule, task, lookups, subnets, publicAddress, securityGroupId } = props;
    const ecsClusterArn = lookups.ecsCluster.arn;
    const start = role(this, "role", {
      name: `${name}-schedule`,
      description: `EventBridge starts ${name}`,
      service: "events.amazonaws.com",
      accountId: lookups.accountId,
      statements: [
        {
          Action: ["ecs:RunTask"],
          Resource: [task.definition.arn],
          Condition: { ArnEquals: { "ecs:cluster": ecsClusterArn } },
        },
        {
          Action: ["iam:PassRole"],
          Resource: task.roleArns,
          Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
        },
      ],
    });
    for (const [i, scheduleExpression] of eventBridgeSchedules(schedule).entries()) {
      const suffix = i === 0 ? "" : `-${i + 1}`;
      const rule = new CloudwatchEventRule(this, `rule${suffix}`, {
        name: `${name}${suffix}`,
        description,
        scheduleExpression,
      });
      new CloudwatchEventTarget(this, `target${suffix}`, {
        rule: rule.name,
        arn: ecsClusterArn,
        roleArn: start.arn,
        ecsTarget: {
          taskDefinitionArn: task.definition.arn,
          launchType: "FARGATE",
          taskCount: 1,
          networkConfiguration: { subnets, securityGroups: [securityGroupId], assignPublicIp: publicAddress },
        },
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 10 },
        dependsOn: [start.permissions, ...task.permissions],
      });
    }
  }
}

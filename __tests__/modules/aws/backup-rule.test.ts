import { BackupRule } from "../../../modules/aws/backup-rule";
import type { ProgramTask } from "../../../modules/aws/program-task";
import { lookupsOf, made, statements } from "../../support/construct";

const task = { definition: { arn: "arn:task" }, roleArns: ["arn:role"], permissions: [] } as unknown as ProgramTask;
const rule = made(
  (scope) =>
    new BackupRule(scope, "r", {
      name: "demo-core-backup",
      description: "Backup",
      schedule: "0 3 * * *",
      task,
      lookups: lookupsOf(scope),
      subnets: ["subnet"],
      publicAddress: false,
      securityGroupId: "sg",
    }),
);

test("the schedule starts one task, in one cluster, and gives its roles to ECS alone", () => {
  const [policy] = rule.aws_iam_role_policy ?? [];
  expect(statements(policy?.policy)).toEqual([
    {
      Effect: "Allow",
      Action: ["ecs:RunTask"],
      Resource: ["arn:task"],
      Condition: { ArnEquals: { "ecs:cluster": expect.stringContaining("aws_ecs_cluster") } },
    },
    {
      Effect: "Allow",
      Action: ["iam:PassRole"],
      Resource: ["arn:role"],
      Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
  ]);
});

import { role } from "../../../modules/aws/policy";
import { made, statements } from "../../support/construct";

const roles = made((scope) =>
  role(scope, "role", {
    name: "server",
    description: "Servers",
    service: "ecs-tasks.amazonaws.com",
    accountId: "123456789012",
    statements: [
      { Action: "s3:GetObject", Resource: ["arn:object"] },
      { Action: "secretsmanager:GetSecretValue", Resource: [] },
    ],
  }),
);

test("the service takes the role for this account alone", () => {
  expect(statements(roles.aws_iam_role?.[0]?.assume_role_policy)).toEqual([
    {
      Effect: "Allow",
      Principal: { Service: "ecs-tasks.amazonaws.com" },
      Action: "sts:AssumeRole",
      Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
    },
  ]);
});

test("what names no resource allows nothing", () => {
  expect(statements(roles.aws_iam_role_policy?.[0]?.policy)).toEqual([
    { Effect: "Allow", Action: "s3:GetObject", Resource: ["arn:object"] },
  ]);
});

import { InvocationRule } from "../../../modules/aws/invocation-rule";
import type { LambdaProgram } from "../../../modules/aws/lambda-program";
import { made } from "../../support/construct";

test("one rule of EventBridge invokes the function, and no other", () => {
  const program = { function: { functionName: "dns-sync", arn: "arn:dns-sync" } } as LambdaProgram;
  const rule = made(
    (scope) => new InvocationRule(scope, "r", { name: "r", description: "r", schedule: "rate(1 minute)", program }),
  );
  expect(rule.aws_lambda_permission).toEqual([
    expect.objectContaining({
      function_name: "dns-sync",
      principal: "events.amazonaws.com",
      source_arn: expect.stringMatching(/^\$\{aws_cloudwatch_event_rule\..*\.arn\}$/),
    }),
  ]);
});

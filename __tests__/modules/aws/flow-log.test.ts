import { VpcFlowLog } from "../../../modules/aws/flow-log";
import { made } from "../../support/construct";

const log = made(
  (scope) =>
    new VpcFlowLog(scope, "log", {
      name: "demo",
      logGroup: "/natsform/demo/flow",
      retentionDays: 365,
      kmsKeyArn: "arn:key",
      vpcId: "vpc",
      accountId: "123456789012",
    }),
);

test("refused connections of the VPC are logged, encrypted, and kept for as long as is asked", () => {
  expect(log.aws_flow_log).toEqual([expect.objectContaining({ vpc_id: "vpc", traffic_type: "REJECT" })]);
  expect(log.aws_cloudwatch_log_group).toEqual([
    expect.objectContaining({ kms_key_id: "arn:key", retention_in_days: 365 }),
  ]);
});

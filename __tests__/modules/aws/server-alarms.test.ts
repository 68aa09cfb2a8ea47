import type { LambdaProgram } from "../../../modules/aws/lambda-program";
import { ServerAlarms } from "../../../modules/aws/server-alarms";
import { made } from "../../support/construct";

test("three servers of five are enough, fewer are an alarm, and so is no word of them", () => {
  const thresholds = [1, 3, 5].map((servers) => {
    const dnsSync = { deadLetters: { name: "dead" }, function: { functionName: "dns-sync" } } as LambdaProgram;
    const props = { prefix: "demo-core", recordName: "nats.example.com", servers, dnsSync };
    const alarms = made((scope) => new ServerAlarms(scope, "a", props)).aws_cloudwatch_metric_alarm;
    return alarms?.find(({ alarm_name }) => alarm_name === "demo-core-servers-below-quorum");
  });
  expect(thresholds).toEqual(
    [1, 2, 3].map((threshold) =>
      expect.objectContaining({ comparison_operator: "LessThanThreshold", threshold, treat_missing_data: "breaching" }),
    ),
  );
});

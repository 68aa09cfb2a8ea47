import type { BackupTopology } from "../../../model/topology";
import { BackupAlarms } from "../../../modules/aws/backup-alarms";
import { made } from "../../support/construct";

const alarms = (schedule: string) =>
  made(
    (scope) =>
      new BackupAlarms(scope, "a", {
        name: "demo-core",
        backup: { schedule, drill: "0 5 * * 0" } as unknown as BackupTopology,
        scope: "demo/core/APP",
        topicArn: "arn:topic",
      }),
  ).aws_cloudwatch_metric_alarm ?? [];
const alarm = (end: string, schedule = "0 3 * * *") =>
  alarms(schedule).find(({ alarm_name }) => String(alarm_name).endsWith(end));

test("two days without a backup, or without any word of one, are an alarm", () => {
  expect(alarm("-old")).toMatchObject({
    comparison_operator: "LessThanThreshold",
    threshold: 1,
    evaluation_periods: 2,
    treat_missing_data: "breaching",
  });
});

test("one stream that shrank is an alarm", () => {
  expect(alarm("-shrunk")).toMatchObject({ comparison_operator: "GreaterThanThreshold", threshold: 0 });
});

test("a drill that did not run, or did not end, is an alarm half a day after it was due", () => {
  expect(alarm("-not-drilled")).toMatchObject({
    metric_name: "natsform_backup_unproven_seconds",
    comparison_operator: "GreaterThanThreshold",
    threshold: (7 * 24 + 12) * 3600,
    // Of backups that are not made another alarm tells.
    treat_missing_data: "notBreaching",
  });
});

test("every alarm reaches the topic", () => {
  const all = alarms("0 3 * * *");
  expect(all).toHaveLength(5);
  for (const { alarm_actions } of all) expect(alarm_actions).toEqual(["arn:topic"]);
});

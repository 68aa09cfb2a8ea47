import { matches } from "../../cli/emulator/events/pattern";

const event = {
  source: "aws.ecs",
  "detail-type": "ECS Task State Change",
  resources: ["arn:aws:ecs:task/1"],
  detail: { clusterArn: "arn:demo", lastStatus: "RUNNING", group: "service:demo-core-0", count: 2 },
};

test.each([
  ["a literal of each key", { source: ["aws.ecs"], detail: { lastStatus: ["RUNNING"] } }],
  ["one of several literals", { detail: { lastStatus: ["STOPPED", "RUNNING"] } }],
  ["a number", { detail: { count: [2] } }],
  ["an item of a list", { resources: ["arn:aws:ecs:task/1"] }],
  ["a prefix", { detail: { group: [{ prefix: "service:demo-" }] } }],
  ["a suffix", { detail: { group: [{ suffix: "core-0" }] } }],
  ["another case", { detail: { lastStatus: [{ "equals-ignore-case": "running" }] } }],
  ["anything but another", { detail: { lastStatus: [{ "anything-but": ["STOPPED", "PENDING"] }] } }],
  ["a key that is there", { detail: { group: [{ exists: true }] } }],
  ["a key that is not there", { detail: { stopCode: [{ exists: false }] } }],
  ["a key below one that is not there", { detail: { stop: { code: [{ exists: false }] } } }],
  ["one of two alternatives", { $or: [{ source: ["aws.ec2"] }, { source: ["aws.ecs"] }] }],
])("matches %s", (_, pattern) => {
  expect(matches(pattern, event)).toBe(true);
});

test.each([
  ["another literal", { source: ["aws.ec2"] }],
  ["one key of two", { source: ["aws.ecs"], detail: { lastStatus: ["STOPPED"] } }],
  ["a key that is not there", { detail: { stopCode: ["TaskFailedToStart"] } }],
  ["a number as text", { detail: { count: ["2"] } }],
  ["another prefix", { detail: { group: [{ prefix: "service:production-" }] } }],
  ["anything but this", { detail: { lastStatus: [{ "anything-but": "RUNNING" }] } }],
  ["a key that must not be there", { detail: { group: [{ exists: false }] } }],
  ["neither of two alternatives", { $or: [{ source: ["aws.ec2"] }, { source: ["aws.s3"] }] }],
])("does not match %s", (_, pattern) => {
  expect(matches(pattern, event)).toBe(false);
});

test("refuses what it does not know: a rule that never fires would prove nothing", () => {
  expect(() => matches({ detail: { count: [{ numeric: [">", 1] }] } }, event)).toThrow(/numeric/);
});

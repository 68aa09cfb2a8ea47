import { type JsonObject, matches } from "../../../cli/emulator/events/pattern";
import { CodeChanges } from "../../../modules/aws/code-changes";
import { lookupsOf, made, statements } from "../../support/construct";

const deploy = "arn:aws:iam::123456789012:role/deploy";
const resources = made(
  (scope) =>
    new CodeChanges(scope, "c", {
      prefix: "demo-core",
      cluster: "core",
      deployRoleArns: [deploy, `${deploy}-by-hand`],
      retentionDays: 365,
      lookups: lookupsOf(scope),
      topicArn: "arn:topic",
    }),
);
const [rule] = resources.aws_cloudwatch_event_rule ?? [];
const pattern = JSON.parse(String(rule?.event_pattern)) as JsonObject;

/** Who calls, as CloudTrail writes it. */
const assumed = (arn: string): JsonObject => ({
  type: "AssumedRole",
  arn: `${arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/session`,
  sessionContext: { sessionIssuer: { type: "Role", arn, userName: arn.split("/").at(-1) } },
});
const someone = assumed("arn:aws:iam::123456789012:role/developer");
const user: JsonObject = { type: "IAMUser", arn: "arn:aws:iam::123456789012:user/alice", userName: "alice" };
const root: JsonObject = { type: "Root", arn: "arn:aws:iam::123456789012:root" };

const call = (eventName: string, requestParameters: JsonObject, responseElements: JsonObject) => ({
  eventName,
  requestParameters,
  responseElements,
});
const of = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;
const definition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/demo-core-0:7";
const cluster = (name: string) => `arn:aws:ecs:eu-west-1:123456789012:cluster/${name}`;
const calls = {
  // Named by its ARN, which AWS takes as well as a name.
  code: call(
    "UpdateFunctionCode20150331v2",
    { functionName: of("demo-core-dns-sync") },
    { functionName: "demo-core-dns-sync" },
  ),
  settings: call(
    "UpdateFunctionConfiguration20150331v2",
    { functionName: "demo-core-dns-sync", handler: "other.handler" },
    { functionName: "demo-core-dns-sync" },
  ),
  // Deleted before, and made anew under its name.
  "another function": call(
    "CreateFunction20150331",
    { functionName: "demo-core-dns-sync" },
    { functionName: "demo-core-dns-sync" },
  ),
  "another service": call(
    "CreateService",
    { serviceName: "demo-core-0", taskDefinition: definition },
    { service: { serviceName: "demo-core-0" } },
  ),
  definition: call("RegisterTaskDefinition", { family: "demo-core-0" }, { taskDefinition: { family: "demo-core-0" } }),
  service: call(
    "UpdateService",
    { service: "arn:aws:ecs:eu-west-1:123456789012:service/demo/demo-core-0", taskDefinition: definition },
    { service: { serviceName: "demo-core-0" } },
  ),
  shell: call("ExecuteCommand", { cluster: "demo", command: "/bin/sh" }, { clusterArn: cluster("demo") }),
};
const noticed = (detail: JsonObject, userIdentity: JsonObject, source = "aws.ecs") =>
  matches(pattern, { source, "detail-type": "AWS API Call via CloudTrail", detail: { ...detail, userIdentity } });

describe.each(Object.entries(calls))("a change of what runs: %s", (name, detail) => {
  const source = ["code", "settings", "another function"].includes(name) ? "aws.lambda" : "aws.ecs";

  test.each([
    ["another role", someone],
    ["a role whose name begins like the one that deploys", assumed(`${deploy}er`)],
    ["a user", user],
    ["the account's root", root],
  ])("by %s is noticed", (_, identity) => {
    expect(noticed(detail, identity, source)).toBe(true);
  });

  test("by a role that deploys is not", () => {
    for (const arn of [deploy, `${deploy}-by-hand`]) expect(noticed(detail, assumed(arn), source)).toBe(false);
  });

  test("that was refused changed nothing", () => {
    expect(noticed({ ...detail, responseElements: null }, someone, source)).toBe(false);
  });
});

test.each([
  ["a function of others", call("UpdateFunctionCode20150331v2", { functionName: "shop" }, { functionName: "shop" })],
  ["a new function of others", call("CreateFunction20150331", { functionName: "shop" }, { functionName: "shop" })],
  ["a new service of others", call("CreateService", { serviceName: "shop" }, { service: { serviceName: "shop" } })],
  ["another number of tasks", call("UpdateService", { desiredCount: 4 }, { service: { serviceName: "demo-core-0" } })],
  [
    "a new start of the same definition",
    call("UpdateService", { forceNewDeployment: true }, { service: { serviceName: "demo-core-auth-callout" } }),
  ],
  ["a shell in a cluster of others", call("ExecuteCommand", {}, { clusterArn: cluster("other-demo") })],
])("%s is none", (_, detail) => {
  expect(noticed(detail, someone)).toBe(false);
});

test("EventBridge alone may write the log, for this rule", () => {
  const [policy] = resources.aws_cloudwatch_log_resource_policy ?? [];
  const found = statements(policy?.policy_document);
  expect(found.map(({ Action }) => Action)).toEqual(["logs:CreateLogStream", "logs:PutLogEvents"]);
  for (const { Principal, Resource } of found) {
    expect(Principal).toEqual({ Service: ["delivery.logs.amazonaws.com", "events.amazonaws.com"] });
    expect(Resource).toMatch(/^\$\{aws_cloudwatch_log_group\.\w+\.arn\}:\*$/);
  }
  expect(found[1]?.Condition).toEqual({
    ArnEquals: { "aws:SourceArn": expect.stringMatching(/^\$\{aws_cloudwatch_event_rule\.\w+\.arn\}$/) },
  });
});

test("the first call of each minute rings, and the log is kept as long as the others, encrypted", () => {
  const [metric] = resources.aws_cloudwatch_log_metric_filter ?? [];
  expect(metric).toMatchObject({
    pattern: "",
    metric_transformation: { namespace: "natsform/code-changes", value: "1" },
  });
  const [alarm] = resources.aws_cloudwatch_metric_alarm ?? [];
  expect(alarm).toMatchObject({
    namespace: "natsform/code-changes",
    comparison_operator: "GreaterThanThreshold",
    threshold: 0,
    statistic: "Sum",
    treat_missing_data: "notBreaching",
    alarm_actions: ["arn:topic"],
  });
  const [log] = resources.aws_cloudwatch_log_group ?? [];
  expect(log).toMatchObject({
    name: "/natsform/demo/core-code-changes",
    retention_in_days: 365,
    kms_key_id: expect.stringContaining("kms_alias"),
  });
});

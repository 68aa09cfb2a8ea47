import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DNS_SYNC_ACTIONS, DnsSyncEnv, dnsSyncStatements } from "../../runtime/dns-sync/env";

const scope = {
  ecsClusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/demo",
  tasksArn: "arn:aws:ecs:eu-west-1:123456789012:task/demo/*",
  hostedZoneArn: "arn:aws:route53:::hostedzone/Z1",
  recordName: "Nats.example.com",
  whenEmpty: "keep",
} as const;
const statementOf = (action: string, given = {}) =>
  dnsSyncStatements({ ...scope, ...given }).find(({ Action }) => Action === action);

test("the actions are those that the program has commands for", () => {
  const source = readFileSync(join(__dirname, "../../runtime/dns-sync/aws.ts"), "utf8");
  const imports = [...source.matchAll(/import \{([^}]+)\} from "@aws-sdk\/client-([\w-]+)"/g)];
  const called = imports.flatMap(([, names = "", client = ""]) =>
    [...names.matchAll(/(\w+)Command\b/g)].map(([, action]) => `${client.replace("-", "")}:${action}`),
  );
  expect(called.sort()).toEqual(DNS_SYNC_ACTIONS.map(({ action }) => action).sort());
});

test("nothing is allowed on everything without a reason, and nothing by a wildcard of actions", () => {
  for (const { action, on, why } of DNS_SYNC_ACTIONS) {
    expect(action).not.toContain("*");
    expect(why === undefined).toBe(on !== "any");
    expect(statementOf(action)?.Resource === "*").toBe(on === "any");
  }
});

test("tasks are read in one ECS cluster only", () => {
  for (const action of ["ecs:ListTasks", "ecs:DescribeTasks"])
    expect(statementOf(action)?.Condition).toEqual({ ArnEquals: { "ecs:cluster": scope.ecsClusterArn } });
});

test("the one record can be written, of type A, and deleted only where that is asked for", () => {
  const condition = (whenEmpty: string) =>
    statementOf("route53:ChangeResourceRecordSets", { whenEmpty })?.Condition?.["ForAllValues:StringEquals"];
  expect(statementOf("route53:ChangeResourceRecordSets")?.Resource).toBe(scope.hostedZoneArn);
  expect(condition("keep")).toEqual({
    "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["nats.example.com"],
    "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
    "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
  });
  expect(condition("delete")?.["route53:ChangeResourceRecordSetsActions"]).toEqual(["UPSERT", "DELETE"]);
});

test("what the environment leaves out is 60 seconds, public addresses, and a record that stays", () => {
  const env = DnsSyncEnv.parse({
    ECS_CLUSTER: "demo",
    ECS_SERVICES: "demo-core-0, demo-core-1,demo-core-2",
    HOSTED_ZONE_ID: "Z1",
    RECORD_NAME: "nats.example.com",
    OWNERSHIP_RECORD_NAME: "_natsform.nats.example.com",
    OWNER: "natsform:demo/core",
  });
  expect(env).toMatchObject({ TTL_SECONDS: 60, ADDRESSES: "public", WHEN_EMPTY: "keep" });
  expect(env.ECS_SERVICES).toEqual(["demo-core-0", "demo-core-1", "demo-core-2"]);
});

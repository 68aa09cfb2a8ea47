import { join } from "node:path";
import { all, contextOf, projectWithCode, type Stack, synthesized } from "../support/stacks";

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource?: string | string[];
  Principal?: unknown;
  Condition?: unknown;
}
let stacks: Stack[];
const root = projectWithCode();
beforeAll(async () => {
  const contexts = await Promise.all(["demo", "aws-production"].map((name) => contextOf(name, root)));
  stacks = Object.values(synthesized(contexts, join(root, "out")));
});

const list = (value: string | string[] = []) => (Array.isArray(value) ? value : [value]);
const statementsOf = (type: string, key: string) =>
  stacks.flatMap((stack) =>
    Object.entries(all(stack, type)).flatMap(([name, block]) =>
      (JSON.parse(String(block[key])) as { Statement: Statement[] }).Statement.map((statement) => ({
        at: `${stack.name} ${type}.${name}`,
        ...statement,
      })),
    ),
  );

/** AWS has no resource level for these; `ecs:ListTasks` is limited by a condition. */
const withoutResource = ["ecr:GetAuthorizationToken", "ec2:DescribeNetworkInterfaces", "ecs:ListTasks"];

test("roles allow exact actions, on exact resources wherever AWS knows any", () => {
  const statements = statementsOf("aws_iam_role_policy", "policy");
  expect(statements.length).toBeGreaterThan(20);
  for (const { Action, Resource, Effect, Condition } of statements) {
    expect(Effect).toBe("Allow");
    expect(list(Action).filter((action) => action.includes("*"))).toEqual([]);
    if (list(Resource).includes("*"))
      expect(list(Action).filter((action) => !withoutResource.includes(action))).toEqual([]);
    if (list(Action).includes("ecs:ListTasks"))
      expect(Condition).toMatchObject({ ArnEquals: { "ecs:cluster": expect.any(String) } });
    if (list(Action).includes("kms:Decrypt"))
      expect(Condition).toMatchObject({ StringEquals: { "kms:ViaService": expect.any(String) } });
  }
});

test("a role is lent to one service, and only on behalf of this account", () => {
  const statements = statementsOf("aws_iam_role", "assume_role_policy");
  for (const { Principal, Condition } of statements) {
    expect(Principal).toEqual({
      Service: expect.stringMatching(/^(ecs-tasks|events|lambda|vpc-flow-logs)\.amazonaws\.com$/),
    });
    expect(Condition).toEqual({ StringEquals: { "aws:SourceAccount": expect.stringContaining("account_id") } });
  }
});

test("a server reads its own cluster's configurations and certificates, and writes nothing", () => {
  const actions = statementsOf("aws_iam_role_policy", "policy")
    .filter(({ at }) => at.includes("demo-core-nats") && at.includes("servers_task-role"))
    .flatMap(({ Action }) => list(Action));
  expect(actions.sort()).toEqual([
    "kms:Decrypt",
    "kms:Decrypt",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucketVersions",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameterHistory",
  ]);
});

test("dns-sync may change the client record alone, and never delete it", () => {
  const change = statementsOf("aws_iam_role_policy", "policy").find(
    ({ at, Action }) => at.includes("demo-core-nats") && list(Action).includes("route53:ChangeResourceRecordSets"),
  );
  expect(change?.Condition).toEqual({
    "ForAllValues:StringEquals": {
      "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["nats.demo.example.com"],
      "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
      "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
    },
  });
});

test("the certificate-manager may answer challenges of its names, and nothing else in the zone", () => {
  const change = statementsOf("aws_iam_role_policy", "policy").find(
    ({ at, Action }) =>
      at.includes("demo-core-certificates") && list(Action).includes("route53:ChangeResourceRecordSets"),
  );
  expect(change?.Condition).toEqual({
    "ForAllValues:StringEquals": {
      "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.nats.demo.example.com"],
      "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
      "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
    },
  });
});

import { join } from "node:path";
import { deployPolicy, longestPolicy, type PolicyDocument } from "../../templates/deploy-policy";
import { contextOf, projectWithCode, type Stack, synthesized, variants } from "../support/stacks";

const root = projectWithCode();
const regions = ["eu-west-1"];
/** Stacks on AWS by their environment: the shipped one, and each way that a cluster on ECS can be otherwise. */
const environments = new Map<string, Stack[]>();

beforeAll(async () => {
  const contexts = [await contextOf("aws-production", root), ...(await variants(root))];
  const stacks = Object.values(synthesized(contexts, join(root, "out")));
  for (const { environment } of contexts)
    environments.set(
      environment.name,
      stacks.filter(({ name }) => name.startsWith(`${environment.name}-`)),
    );
});

const policyOf = (environment: string, states?: { bucket: string; prefix: string }) =>
  deployPolicy(environments.get(environment) ?? [], { environment, regions }, states);
const statementsIn = (documents: readonly PolicyDocument[]) => documents.flatMap(({ Statement }) => Statement);
const actionsIn = (documents: readonly PolicyDocument[]) => statementsIn(documents).flatMap(({ Action }) => Action);

test("what every type of resource and every look-up on AWS asks for is written down", () => {
  expect(environments.size).toBe(4);
  for (const name of environments.keys()) expect([name, policyOf(name).unknown]).toEqual([name, []]);
  const other = deployPolicy(
    [{ resource: { aws_new_thing: {}, helm_release: {} }, data: { aws_other: {} } }],
    { environment: "demo", regions },
    undefined,
  );
  expect(other.unknown).toEqual(["aws_new_thing", "data.aws_other"]);
});

test("no document is longer than IAM takes, and no statement is lost between them", () => {
  for (const name of environments.keys()) {
    const { plan, apply } = policyOf(name, { bucket: "states", prefix: "natsform" });
    for (const document of [...plan, ...apply])
      expect(JSON.stringify(document).length).toBeLessThanOrEqual(longestPolicy);
    expect(apply.length).toBeGreaterThan(1);
    expect(actionsIn(apply)).toEqual(expect.arrayContaining(["ssm:PutParameter", "iam:PassRole", "ecs:CreateService"]));
  }
});

test("who plans changes nothing, and reads no secret", () => {
  for (const name of environments.keys()) {
    const actions = actionsIn(policyOf(name).plan);
    expect(actions.filter((action) => !/:(Describe|Get|List|BatchGet|Decrypt)/.test(action))).toEqual([]);
    expect(actions).not.toContain("secretsmanager:GetSecretValue");
  }
});

test("the lock of a state is all that a plan writes, and states are written by who applies", () => {
  const { plan, apply } = policyOf("inside", { bucket: "states", prefix: "natsform" });
  const onStates = (documents: readonly PolicyDocument[]) =>
    statementsIn(documents)
      .filter(({ Resource }) => Resource.some((arn) => arn.startsWith("arn:aws:s3:::states")))
      .map(({ Action, Resource }) => [Action.join(), Resource.join()]);
  expect(onStates(plan)).toEqual([
    ["s3:ListBucket", "arn:aws:s3:::states"],
    ["s3:GetObject", "arn:aws:s3:::states/natsform/*"],
    ["s3:DeleteObject,s3:PutObject", "arn:aws:s3:::states/natsform/*.tflock"],
  ]);
  expect(onStates(apply)).toEqual([["s3:PutObject", "arn:aws:s3:::states/natsform/*"]]);
});

test("roles of the environment alone are handed on, and only to services that run something of it", () => {
  const pass = statementsIn(policyOf("inside").apply).filter(({ Action }) => Action.includes("iam:PassRole"));
  expect(pass).toMatchObject([
    {
      Action: ["iam:PassRole"],
      Resource: ["arn:aws:iam::*:role/inside-*"],
      Condition: { StringEquals: { "iam:PassedToService": expect.arrayContaining(["ecs-tasks.amazonaws.com"]) } },
    },
  ]);
});

test("what is allowed for everything is of services that give things names of their own, and of these regions", () => {
  for (const name of environments.keys()) {
    const { plan, apply } = policyOf(name);
    for (const { Action, Resource, Condition } of statementsIn([...plan, ...apply])) {
      expect(Action.filter((action) => action.includes("*"))).toEqual([]);
      if (!Resource.includes("*")) continue;
      expect(Action.filter((action) => /^(secretsmanager|s3|lambda|dynamodb|sqs):/.test(action))).toEqual([]);
      if (!Action.every((action) => /^(route53|sts|iam:CreateServiceLinkedRole)/.test(action)))
        expect(Condition).toEqual({ StringEquals: { "aws:RequestedRegion": regions } });
    }
  }
});

/** Attributes that are an ARN's last part, by type, with the service. */
const nameAttributes: Record<string, [string, (name: string) => string]> = {
  aws_cloudwatch_dashboard: ["dashboard_name", (name) => `cloudwatch:eu-west-1:1:dashboard/${name}`],
  aws_cloudwatch_event_rule: ["name", (name) => `events:eu-west-1:1:rule/${name}`],
  aws_cloudwatch_log_group: ["name", (name) => `logs:eu-west-1:1:log-group:${name}`],
  aws_cloudwatch_metric_alarm: ["alarm_name", (name) => `cloudwatch:eu-west-1:1:alarm:${name}`],
  aws_dynamodb_table: ["name", (name) => `dynamodb:eu-west-1:1:table/${name}`],
  aws_ecr_repository: ["name", (name) => `ecr:eu-west-1:1:repository/${name}`],
  aws_ecs_cluster: ["name", (name) => `ecs:eu-west-1:1:cluster/${name}`],
  aws_iam_role: ["name", (name) => `iam::1:role/${name}`],
  aws_lambda_function: ["function_name", (name) => `lambda:eu-west-1:1:function:${name}`],
  aws_s3_bucket: ["bucket", (name) => `s3:::${name}`],
  aws_secretsmanager_secret: ["name", (name) => `secretsmanager:eu-west-1:1:secret:${name}-AbCdEf`],
  aws_sqs_queue: ["name", (name) => `sqs:eu-west-1:1:${name}`],
  aws_ssm_parameter: ["name", (name) => `ssm:eu-west-1:1:parameter${name}`],
};

test("every name that an environment gives is one that it may make", () => {
  const isLike = (pattern: string, arn: string) =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(arn);
  for (const [environment, stacks] of environments) {
    const allowed = statementsIn(policyOf(environment).apply)
      .flatMap(({ Resource }) => Resource)
      .filter((arn) => arn !== "*");
    const names = stacks.flatMap(({ resource }) =>
      Object.entries(nameAttributes).flatMap(([type, [attribute, arnOf]]) =>
        Object.values(resource[type] ?? {}).map((block) => `arn:aws:${arnOf(String(block[attribute]))}`),
      ),
    );
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter((arn) => !allowed.some((pattern) => isLike(pattern, arn)))).toEqual([]);
  }
});

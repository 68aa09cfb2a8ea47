import { readPlan } from "../../../model/review";
import { setAttributes } from "../../../model/review/plan/sets";
import { resourceActions } from "../../../templates/deploy-policy/actions";
import { setsOf } from "../../support/provider-sets";

/** Read while a plan is judged, and of no prebuilt package: data sources of the provider. */
const types = Object.keys(resourceActions).filter((type) => {
  try {
    return setsOf(type).length > 0;
  } catch {
    return false;
  }
});

test("the table of sets is what the provider declares of every type that natsform makes", () => {
  expect(types.length).toBeGreaterThan(20);
  expect(setAttributes).toEqual(Object.fromEntries(types.map((type) => [type, setsOf(type)])));
});

const differences = (type: string, before: object, after: object, unknown: object = {}, mask: object = {}) => {
  const change = { actions: ["update"], before, after, after_unknown: unknown, before_sensitive: mask };
  const plan = { resource_changes: [{ address: `${type}.one`, mode: "managed", type, change }] };
  return readPlan(plan, "stack").changes[0]?.differences;
};

test.each<[string, object, object]>([
  ["aws_cloudwatch_metric_alarm", { alarm_actions: ["a", "b"] }, { alarm_actions: ["b", "a"] }],
  [
    "aws_ecs_service",
    { load_balancer: [{ container_port: 1 }, { container_port: 2 }] },
    { load_balancer: [{ container_port: 2 }, { container_port: 1 }] },
  ],
  [
    "aws_ecs_service",
    { network_configuration: [{ subnets: ["a", "b"] }] },
    { network_configuration: [{ subnets: ["b", "a"] }] },
  ],
])("%s: another order is no difference", (type, before, after) => {
  expect(differences(type, before, after)).toEqual([]);
});

test("a set with what is not known yet is one difference, and shows nothing that is sensitive", () => {
  const [type, before, after] = [
    "aws_cloudwatch_metric_alarm",
    { alarm_actions: ["canary"] },
    { alarm_actions: [null, "a"] },
  ];
  const unknown = { alarm_actions: [true, false] };
  const path = "alarm_actions";
  expect(differences(type, before, after, unknown)).toEqual([{ path, from: '["canary"]', to: "(known after apply)" }]);
  expect(differences(type, before, after, unknown, { alarm_actions: [true] })).toEqual([
    { path, from: "(sensitive)", to: "(known after apply)" },
  ]);
});

test("of what is known after apply no part of a secret is shown, wherever it is cut", () => {
  const secret = "canary-of-a-secret";
  const marked = { actions: ["no-op"], before: { password: secret }, before_sensitive: { password: true } };
  const change = {
    actions: ["update"],
    before: { text: `${"x".repeat(190)}${secret}` },
    after_unknown: { text: true },
  };
  const plan = {
    resource_changes: [
      { address: "a.marked", mode: "managed", type: "a", change: marked },
      { address: "a.other", mode: "managed", type: "a", change },
    ],
  };
  const shown = JSON.stringify(readPlan(plan, "stack"));
  expect([shown.includes("(known after apply)"), shown.includes("canary")]).toEqual([true, false]);
});

test("an attribute may have the name of something that every object has", () => {
  const of = (value: string) => ({ labels: { constructor: value, toString: "same" } });
  expect(differences("a", of("1"), of("2"))).toEqual([{ path: "labels.constructor", from: "1", to: "2" }]);
  expect(differences("a", { labels: {} }, of("2"), { labels: {} })).toHaveLength(2);
});

describe("documents are compared by what they mean", () => {
  const policy = (...statements: object[]) => ({ policy: JSON.stringify({ Statement: statements }) });
  const read = { Effect: "Allow", Action: ["s3:GetObject", "s3:ListBucket"], Resource: "*" };
  const write = { Effect: "Allow", Action: ["s3:PutObject"], Resource: ["a", "b"] };
  const containers = (...environment: [string, string][]) => ({
    container_definitions: JSON.stringify([
      { name: "nats", environment: environment.map(([name, value]) => ({ name, value })) },
    ]),
  });

  test("a policy whose statements and actions stand in another order is the same", () => {
    const turned = policy({ ...write, Resource: ["b", "a"] }, { ...read, Action: ["s3:ListBucket", "s3:GetObject"] });
    expect(differences("aws_iam_policy", policy(read, write), turned)).toEqual([]);
    expect(differences("aws_iam_policy", policy(read, write), policy(read))).not.toEqual([]);
  });

  test("a variable that is put before others is one difference, by its name", () => {
    const after = containers(["NEW", "1"], ["A", "2"], ["B", "3"]);
    expect(differences("aws_ecs_task_definition", containers(["A", "2"], ["B", "3"]), after)).toEqual([
      { path: "container_definitions.nats.environment.NEW.name", to: "NEW" },
      { path: "container_definitions.nats.environment.NEW.value", to: "1" },
    ]);
  });

  test("a configuration and values of a chart show the lines that differ", () => {
    const lines = (limit: number) => `server_name: x\n${"# a comment\n".repeat(40)}max_payload: ${limit}\nend`;
    for (const [type, of] of [
      ["aws_s3_object", (content: string) => ({ content })],
      ["helm_release", (content: string) => ({ values: [content] })],
    ] as const) {
      const path = type === "aws_s3_object" ? "content" : "values.0";
      expect(differences(type, of(lines(1)), of(lines(2)))).toEqual([
        { path, from: "max_payload: 1", to: "max_payload: 2" },
      ]);
    }
  });
});

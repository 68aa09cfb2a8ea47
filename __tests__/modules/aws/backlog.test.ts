import { join } from "node:path";
import { statements } from "../../support/construct";
import { all, type Block, contextOf, one, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const root = projectWithCode();
const image = `example.com/search:7@sha256:${"a".repeat(64)}`;
const running = (consumer: string, count: number) => ({
  account: "APP",
  uses: { consumers: [`ORDERS/${consumer}`] },
  runs: {
    code: { kind: "image" as const, image },
    count,
    scale: { most: 9, backlog: { consumer: `ORDERS/${consumer}`, perProcess: 50 } },
  },
});

let programs: Stack | undefined;
let foundation: Stack | undefined;
beforeAll(async () => {
  const context = await contextOf("demo", root, (input) => {
    const { platform } = input.clusters.core ?? {};
    if (platform?.kind === "aws-ecs") platform.network = { egress: "endpoints" };
    const [orders] = input.streams ?? [];
    if (orders) orders.consumers = [{ name: "bills" }, { name: "mails" }];
    input.identity.services = { bills: running("bills", 0), mails: running("mails", 2) };
  });
  const stacks = synthesized([context], join(root, "out"));
  programs = stacks["demo-core-programs"];
  foundation = stacks["demo-eu-west-1-foundation"];
});

const blocks = (type: string): Block[] => Object.values(all(programs, type));
const named = (type: string, name: string) => blocks(type).find((block) => block.name === name);

test("tasks follow what waits for each of them, beside the load of the CPU", () => {
  for (const service of ["bills", "mails"]) {
    expect(named("aws_appautoscaling_policy", `demo-core-${service}-cpu`)).toBeDefined();
    expect(named("aws_appautoscaling_policy", `demo-core-${service}-backlog`)).toMatchObject({
      policy_type: "TargetTrackingScaling",
      target_tracking_scaling_policy_configuration: {
        target_value: 50,
        customized_metric_specification: {
          namespace: "natsform/backlog",
          metric_name: "BacklogPerTask",
          statistic: "Average",
          dimensions: [
            { name: "Environment", value: "demo" },
            { name: "Cluster", value: "core" },
            { name: "Service", value: service },
          ],
        },
      },
    });
  }
});

test("of nothing no target makes one: an alarm starts the first task, and missing data raises none", () => {
  const alarms = blocks("aws_cloudwatch_metric_alarm").filter(({ namespace }) => namespace === "natsform/backlog");
  expect(alarms).toEqual([
    expect.objectContaining({
      alarm_name: "demo-core-bills-first",
      metric_name: "BacklogWithoutTask",
      dimensions: { Environment: "demo", Cluster: "core", Service: "bills" },
      comparison_operator: "GreaterThanThreshold",
      threshold: 0,
      treat_missing_data: "missing",
    }),
  ]);
  const [action = ""] = (alarms[0]?.alarm_actions ?? []) as string[];
  const [, policy = ""] = /aws_appautoscaling_policy\.([^.]+)\.arn/.exec(action) ?? [];
  expect(all(programs, "aws_appautoscaling_policy")[policy]).toMatchObject({
    name: "demo-core-bills-first",
    step_scaling_policy_configuration: {
      adjustment_type: "ExactCapacity",
      step_adjustment: [{ scaling_adjustment: 1 }],
    },
  });
});

test("what counts is one task that is always there, and may ask ECS of its services and publish in its namespace", () => {
  const service = named("aws_ecs_service", "demo-core-backlog-app");
  expect(service).toMatchObject({ desired_count: 1 });
  const targets = blocks("aws_appautoscaling_target").map(({ resource_id }) => String(resource_id));
  expect(targets.some((id) => id.includes("backlog"))).toBe(false);
  const definition = one<{ container_definitions: string; task_role_arn: string }>(
    programs,
    "aws_ecs_task_definition",
    "backlog-of-APP",
  );
  const { environment } = JSON.parse(definition.container_definitions)[0] as {
    environment: { name: string; value: string }[];
  };
  const variables = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
  expect(JSON.parse(variables.BACKLOGS ?? "")).toEqual(
    ["bills", "mails"].map((name) => ({
      service: name,
      stream: "ORDERS",
      consumer: name,
      api: "$JS.API",
      ecsService: `demo-core-${name}`,
    })),
  );
  const role = one<{ policy: string }>(programs, "aws_iam_role_policy", "backlog-of-APP_task-role");
  const [describe, publish, ...others] = statements(role.policy);
  expect(others).toEqual([]);
  const asked = [describe?.Resource ?? []].flat();
  expect([describe?.Action, asked.map((arn) => arn.slice(arn.indexOf(":service/")))]).toEqual([
    "ecs:DescribeServices",
    [":service/demo/demo-core-bills", ":service/demo/demo-core-mails"],
  ]);
  expect(publish).toMatchObject({
    Action: "cloudwatch:PutMetricData",
    Condition: { StringEquals: { "cloudwatch:namespace": "natsform/backlog" } },
  });
});

test("where nothing but AWS is reached, it reaches ECS and CloudWatch too", () => {
  const reached = Object.values(all(foundation, "aws_vpc_endpoint")).map(({ service_name }) => String(service_name));
  for (const service of ["ecs", "monitoring"]) expect(reached).toContain(`com.amazonaws.eu-west-1.${service}`);
});

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeServiceImages } from "../../../artifacts/service-image";
import type { EnvironmentInput } from "../../../model/config";
import type { StackContext } from "../../../modules/aws/context";
import { statements } from "../../support/construct";
import { all, type Block, contextOf, one, projectWithCode, type Stack, synthesized } from "../../support/stacks";

type Services = NonNullable<EnvironmentInput["identity"]["services"]>;

const root = projectWithCode();
const ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/search";
const services: Services = {
  orders: {
    account: "APP",
    serves: ["order.place"],
    runs: {
      code: { kind: "node", entry: "services/orders.ts" },
      arguments: ["--fast"],
      variables: {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform would read it as a template.
        GREETING: "${hello}",
      },
      stopTimeout: "45s",
      scale: { most: 8, cpu: 70 },
    },
  },
  bills: {
    account: "APP",
    uses: { consumers: ["ORDERS/fulfilment"] },
    runs: {
      code: { kind: "binary", amd64: "services/bills" },
      count: 3,
      cpu: 512,
      memory: "2GiB",
      healthCheck: { command: ["/app/main", "health"], every: "20s" },
    },
  },
  search: {
    account: "APP",
    serves: ["search.>"],
    runs: { code: { kind: "image", image: `${ecr}:7@sha256:${"a".repeat(64)}` } },
  },
};
const withServices = (list: Services) =>
  contextOf("demo", root, (input) => {
    input.identity.services = { ...input.identity.services, ...list };
  });
const files = {
  "orders.ts": `import { hello } from "./hello"; console.log(hello);`,
  "hello.ts": `export const hello: string = "hello";`,
  bills: "\x7fELF",
};

let context: StackContext;
let foundation: Stack | undefined;
let programs: Stack | undefined;

beforeAll(async () => {
  mkdirSync(join(root, "services"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "services", name), text);
  context = await withServices(services);
  writeServiceImages(root, context.topology);
  const stacks = synthesized([context], join(root, "out"));
  foundation = stacks["demo-eu-west-1-foundation"];
  programs = stacks["demo-core-programs"];
});

interface Container {
  name: string;
  image: string;
  command?: string[];
  stopTimeout: number;
  memory: number;
  user: string;
  environment: { name: string; value: string }[];
  secrets?: { name: string; valueFrom: string }[];
  logConfiguration: { options: Record<string, string> };
}
const definition = (name: string) =>
  one<{ cpu: string; memory: string; task_role_arn: string }>(programs, "aws_ecs_task_definition", `service-${name}`);
const containersOf = (name: string): Container[] => JSON.parse(String(definition(name).container_definitions));
const container = (name: string) => containersOf(name).find((one) => one.name === name) as Container;
const service = (name: string): Block => one(programs, "aws_ecs_service", `service-${name}`);

test("each service of the list has a task definition, a service and a log of its own", () => {
  for (const name of Object.keys(services)) {
    expect(definition(name)).toMatchObject({ family: `demo-core-${name}` });
    expect(service(name)).toMatchObject({ name: `demo-core-${name}`, wait_for_steady_state: true });
    expect(one(programs, "aws_cloudwatch_log_group", `service-${name}`)).toMatchObject({
      name: `/natsform/demo/core-${name}`,
      retention_in_days: 365,
    });
    const { options } = container(name).logConfiguration;
    expect(options).toMatchObject({ mode: "non-blocking", "awslogs-group": `/natsform/demo/core-${name}` });
  }
  expect(definition("bills")).toMatchObject({ cpu: "512", memory: "2048" });
  expect(service("bills")).toMatchObject({ desired_count: 3 });
  expect(container("bills")).toMatchObject({
    healthCheck: { command: ["CMD", "/app/main", "health"], interval: 20, retries: 3 },
  });
  expect(container("orders")).not.toHaveProperty("healthCheck");
  expect(container("orders")).toMatchObject({ stopTimeout: 45, command: ["--fast"], user: "1000:1000" });
});

test("a service is told where its key is, and reads no other secret but the authorities", () => {
  const { environment } = container("orders");
  const variables = Object.fromEntries(environment.map(({ name, value }) => [name, value]));
  const nkey = context.trust.users["service-orders"];
  expect(variables).toMatchObject({
    GREETING: "$${hello}",
    NATS_NKEY_SEED_FILE: "/run/natsform/secrets/NATS_NKEY_SEED",
    NATS_CA_FILE: "/run/natsform/secrets/NATS_CA",
    NATS_INBOX_PREFIX: `_INBOX._${nkey}`,
  });
  expect(variables.NATS_URL).toMatch(/^tls:\/\/.+:4222,tls:\/\/.+,tls:\/\//);
  const writer = containersOf("orders").find(({ name }) => name === "secrets");
  expect(writer?.image).toMatch(/services-secrets-image/);
  const role = one<{ policy: string }>(programs, "aws_iam_role_policy", "service-orders_task_execution");
  const read = statements(role.policy).find(({ Action }) => String(Action).startsWith("secretsmanager"));
  expect([read?.Resource].flat()).toHaveLength(2);
  expect(writer?.secrets?.map(({ name }) => name).sort()).toEqual(["NATS_CA", "NATS_NKEY_SEED"]);
});

test("each has a role of its own in AWS, to which nothing is given, and which nobody else may assume", () => {
  const names = Object.keys(services);
  const wanted = names.map((name) => `demo-core-${name}-task`);
  const own = Object.entries(all(programs, "aws_iam_role")).filter(([, { name }]) => wanted.includes(String(name)));
  expect(own).toHaveLength(names.length);
  const given = JSON.stringify(all(programs, "aws_iam_role_policy"));
  for (const [id, { assume_role_policy }] of own) {
    expect(given).not.toContain(`aws_iam_role.${id}.`);
    expect(statements(String(assume_role_policy))).toEqual([
      expect.objectContaining({ Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }),
    ]);
  }
  const roles = names.map((name) => String(definition(name).task_role_arn));
  expect(new Set(roles).size).toBe(names.length);
  for (const role of roles) expect(role).toMatch(/aws_iam_role\.service-[a-z]+_task-role/);
  const { value = {} } = programs?.output["services-task-roles"] ?? {};
  expect(Object.keys(value as object).sort()).toEqual(names.sort());
});

test("the version of its key stands in the task definition, so that another one comes to tasks one after another", () => {
  const [seed, ca] = ["NATS_NKEY_SEED", "NATS_CA"].map(
    (variable) =>
      containersOf("orders")
        .find(({ name }) => name === "secrets")
        ?.secrets?.find(({ name }) => name === variable)?.valueFrom ?? "",
  );
  const [, local = ""] = /:::\$\{local\.([^}]+)\}$/.exec(seed ?? "") ?? [];
  const found = Object.entries(programs?.data.aws_secretsmanager_secret_versions ?? {});
  const own = found.find(([name]) => String(programs?.locals?.[local]).includes(name));
  expect(String(own?.[1].secret_id)).toMatch(/user-service-orders/);
  expect(String(programs?.locals?.[local])).toMatch(/version_id if contains\(.*"AWSCURRENT"\)/);
  // Certificates renew their authorities' secret each month: that is no reason to start all tasks again.
  expect(ca).not.toMatch(/:::\$/);
});

test("a service scales by its CPU where it says so, and has a fixed count otherwise", () => {
  const targets = Object.values(all(programs, "aws_appautoscaling_target"));
  const own = (name: string) => targets.find(({ resource_id }) => String(resource_id).includes(`service-${name}`));
  expect(own("orders")).toMatchObject({ min_capacity: 2, max_capacity: 8 });
  expect(own("bills")).toBeUndefined();
  const ignored = (name: string) => (service(name).lifecycle as { ignore_changes?: string[] }).ignore_changes;
  expect([ignored("orders"), ignored("bills")]).toEqual([["desired_count"], undefined]);
});

test("images: one repository of what is built, a registry's own otherwise, and each task pulls from its own alone", () => {
  const repositories = Object.values(all(foundation, "aws_ecr_repository")).map(({ name }) => name);
  expect(repositories).toContain("demo/services");
  const looked = Object.values(programs?.data.aws_ecr_image ?? {}).filter(
    ({ repository_name }) => repository_name === "demo/services",
  );
  expect(looked.map(({ image_tag }) => image_tag).sort()).toEqual([
    expect.stringMatching(/^bills-[0-9a-f]{32}$/),
    expect.stringMatching(/^orders-[0-9a-f]{32}$/),
  ]);
  expect(container("search").image).toBe(`${ecr}:7@sha256:${"a".repeat(64)}`);
  const pulled = (name: string) =>
    statements(one<{ policy: string }>(programs, "aws_iam_role_policy", `service-${name}_task_execution`).policy)
      .filter(({ Action }) => [Action].flat().includes("ecr:BatchGetImage"))
      .flatMap(({ Resource }) => [Resource].flat().map((arn) => arn.replace(/^.*:repository\//, "")));
  expect([pulled("orders"), pulled("search")]).toEqual([
    ["demo/auth-callout", "demo/services"],
    ["demo/auth-callout", "shop/search"],
  ]);
});

test("what has a tag never expires: ECR does not know what runs", () => {
  for (const { policy } of Object.values(all(foundation, "aws_ecr_lifecycle_policy"))) {
    const { rules } = JSON.parse(String(policy)) as { rules: { selection: { tagStatus: string } }[] };
    expect(rules.map(({ selection }) => selection.tagStatus)).toEqual(["untagged"]);
  }
});

test("nobody connects to services, and servers and HTTPS are all that they reach", () => {
  const group = one(programs, "aws_security_group", "services");
  expect(group).toMatchObject({ name: "demo-core-services" });
  const rules = (type: string): Block[] =>
    Object.entries(all(programs, type)).flatMap(([name, rule]) => (name.startsWith("services") ? [rule] : []));
  expect(rules("aws_vpc_security_group_ingress_rule")).toEqual([]);
  expect(rules("aws_vpc_security_group_egress_rule").map(({ from_port }) => from_port)).toEqual([443, 4222]);
  const { subnets, assign_public_ip } = service("orders").network_configuration as Record<string, unknown>;
  expect([String(subnets).includes("private"), assign_public_ip]).toEqual([true, false]);
});

test("an image's tag follows what is bundled, and a list with nothing that can be built is refused as a whole", async () => {
  const tags = () => writeServiceImages(root, context.topology).map(({ tag }) => tag);
  const [orders, bills] = tags();
  writeFileSync(join(root, "services", "hello.ts"), `export const hello = "good day";`);
  const after = tags();
  expect([after[0] === orders, after[1] === bills]).toEqual([false, true]);
  const wrong = await withServices({
    ...services,
    one: { account: "APP", runs: { code: { kind: "node", entry: "services/none.ts" } } },
    two: { account: "APP", runs: { code: { kind: "binary", amd64: "services" } } },
  });
  expect(() => writeServiceImages(root, wrong.topology)).toThrow(
    "2 of the services of demo cannot be built:\n  one: there is no file services/none.ts\n  two: there is no file services",
  );
});

test("an environment without services and without a gateway has nothing of either", async () => {
  const plain = await contextOf("demo", root);
  const stacks = synthesized([plain], join(root, "plain"));
  const foundation = stacks["demo-eu-west-1-foundation"];
  const named = JSON.stringify([all(foundation, "aws_ecr_repository"), all(foundation, "aws_cloudwatch_log_group")]);
  expect(named).not.toMatch(/http-gateway|services/);
  expect(named).toMatch(/auth-callout/);
});

import { createHash } from "node:crypto";
import { join } from "node:path";
import { DnsSyncEnv } from "../../../runtime/dns-sync/env";
import {
  all,
  type Block,
  contextOf,
  one,
  projectWithCode,
  type Stack,
  synthesized,
  variants,
} from "../../support/stacks";

let stacks: Record<string, Stack>;
const root = projectWithCode();
beforeAll(async () => {
  stacks = synthesized([await contextOf("demo", root), ...(await variants(root))], join(root, "out"));
});
const demo = () => stacks["demo-core-nats"];
const plain = (variables: Record<string, string>) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replace(/\$\{[^}]+\}/g, "x")]));

test("each server is a service of its own: one task, never two, rolled back when it does not come up", () => {
  const services = Object.values(all(demo(), "aws_ecs_service"));
  expect(services.map(({ name }) => name)).toEqual(["demo-core-0", "demo-core-1", "demo-core-2"]);
  for (const service of services) {
    expect(service).toMatchObject({
      desired_count: 1,
      deployment_minimum_healthy_percent: 0,
      deployment_maximum_percent: 100,
      deployment_circuit_breaker: { enable: true, rollback: true },
      wait_for_steady_state: true,
      launch_type: "FARGATE",
    });
  }
});

test("a server is replaced after its configuration is there, and after the server before it is back", () => {
  const dependencies = Object.entries(all(demo(), "aws_ecs_service")).map(([name, { depends_on }]) => ({
    name: `aws_ecs_service.${name}`,
    after: depends_on as string[],
  }));
  const configs = Object.keys(all(demo(), "aws_s3_object")).map((name) => `aws_s3_object.${name}`);
  for (const [i, { after }] of dependencies.entries()) {
    expect(after).toContain(configs[i]);
    const others = dependencies.map(({ name }) => name).filter((name) => after.includes(name));
    expect(others).toEqual(i === 0 ? [] : [dependencies[i - 1]?.name]);
  }
});

test("the digest of a configuration is published before it, where those who write to the bucket need not write", () => {
  const digests = Object.entries(all(demo(), "aws_ssm_parameter"));
  const configs = Object.values(all(demo(), "aws_s3_object"));
  expect(digests).toHaveLength(configs.length);
  for (const [i, [name, { value }]] of digests.entries()) {
    const { content, metadata, depends_on } = configs[i] as Block;
    const text = String(content).replaceAll("$${", "${").replaceAll("%%{", "%{");
    const restart = (metadata as Block)["restart-digest"];
    expect(value).toBe(`${restart} ${createHash("sha256").update(text).digest("hex")}`);
    expect(depends_on).toEqual([`aws_ssm_parameter.${name}`]);
  }
});

test("servers are found under the names that routes dial", () => {
  const names = Object.values(all(demo(), "aws_service_discovery_service")).map(({ name }) => name);
  expect(names).toEqual(["core-0", "core-1", "core-2"]);
  const [namespace] = Object.values(demo()?.data.aws_service_discovery_dns_namespace ?? {});
  expect(namespace).toMatchObject({ name: "cloudmap.demo.example.com.internal", type: "DNS_PRIVATE" });
});

test("servers stand in the zones that their tags name, with public addresses only where the public is let in", () => {
  const placed = (stack?: Stack) =>
    Object.values(all(stack, "aws_ecs_service")).map(({ network_configuration }) => {
      const { subnets, assign_public_ip } = network_configuration as { subnets: string[]; assign_public_ip: boolean };
      const [, name = ""] = /data\.aws_subnet\.([^.]+)/.exec(subnets[0] ?? "") ?? [];
      const { availability_zone, tags } = stack?.data.aws_subnet?.[name] ?? {};
      return [availability_zone, (tags as Block)["natsform:subnet"], assign_public_ip];
    });
  expect(placed(demo())).toEqual([
    ["eu-west-1a", "public", true],
    ["eu-west-1b", "public", true],
    ["eu-west-1c", "public", true],
  ]);
  expect(placed(stacks["inside-core-nats"])[0]).toEqual(["eu-west-1a", "private", false]);
});

const rules = (stack: Stack | undefined, direction: "ingress" | "egress") =>
  Object.values(all(stack, `aws_vpc_security_group_${direction}_rule`))
    .map(({ from_port, to_port, cidr_ipv4, referenced_security_group_id }) => {
      expect(to_port).toBe(from_port);
      const range = String(cidr_ipv4).startsWith("${") ? "vpc" : cidr_ipv4;
      const group = String(referenced_security_group_id ?? "");
      return `${from_port} ${group.startsWith("${") ? "peers" : group || range}`;
    })
    .sort();

test("each port is open to those who need it, and to nobody else", () => {
  expect(rules(demo(), "ingress")).toEqual(["4222 0.0.0.0/0", "443 0.0.0.0/0", "6222 peers"]);
  expect(rules(stacks["inside-core-nats"], "ingress")).toEqual(["4222 vpc", "443 vpc", "6222 peers"]);
  expect(rules(stacks["found-core-nats"], "ingress")).toContain("7422 0.0.0.0/0");
  // Monitoring asks for nobody's name, so the configuration names who may ask it.
  const monitoring = rules(stacks["found-core-nats"], "ingress").filter((rule) => rule.startsWith("8222"));
  expect(monitoring).toEqual(["8222 10.0.8.0/24", "8222 sg-0a1b2c3d"]);
  expect(rules(demo(), "egress")).toEqual(["443 0.0.0.0/0", "6222 peers"]);
  expect(rules(stacks["found-edge-nats"], "egress")).toEqual(["443 0.0.0.0/0", "7422 0.0.0.0/0"]);
  expect(rules(stacks["inside-core-nats"], "egress")).toContain("2049 vpc");
});

test("Terraform makes the client record, says whose it is, and leaves its addresses to dns-sync", () => {
  const record = one(demo(), "aws_route53_record", "client_record");
  expect(record).toMatchObject({
    name: "nats.demo.example.com",
    type: "A",
    lifecycle: { ignore_changes: ["records", "ttl"] },
  });
  const owner = one(demo(), "aws_route53_record", "client_owner");
  expect(owner).toMatchObject({
    name: "_natsform.nats.demo.example.com",
    type: "TXT",
    records: ["natsform:demo/core"],
  });
});

test("dns-sync gets an environment that it accepts, and runs once at a time", () => {
  const { environment, ...lambda } = one<{ environment: { variables: Record<string, string> } }>(
    demo(),
    "aws_lambda_function",
  );
  expect(DnsSyncEnv.parse(plain(environment.variables))).toMatchObject({
    ECS_CLUSTER: "demo",
    ECS_SERVICES: ["demo-core-0", "demo-core-1", "demo-core-2"],
    RECORD_NAME: "nats.demo.example.com",
    OWNER: "natsform:demo/core",
    ADDRESSES: "public",
    TTL_SECONDS: 60,
    WHEN_EMPTY: "keep",
  });
  expect(lambda).toMatchObject({
    reserved_concurrent_executions: 1,
    runtime: "nodejs22.x",
    dead_letter_config: { target_arn: expect.stringContaining("aws_sqs_queue") },
  });
  const inside = one<{ environment: { variables: Record<string, string> } }>(
    stacks["inside-core-nats"],
    "aws_lambda_function",
  );
  expect(inside.environment.variables.ADDRESSES).toBe("private");
});

test("dns-sync is woken by changes of this cluster's tasks, and each minute", () => {
  const found = Object.values(all(demo(), "aws_cloudwatch_event_rule"));
  const pattern = JSON.parse(String(found.find(({ event_pattern }) => event_pattern)?.event_pattern));
  expect(pattern).toMatchObject({
    source: ["aws.ecs"],
    "detail-type": ["ECS Task State Change"],
    detail: { group: ["service:demo-core-0", "service:demo-core-1", "service:demo-core-2"] },
  });
  expect(pattern.detail.clusterArn).toEqual([expect.stringMatching(/^\$\{data\.aws_ecs_cluster\..+\.arn\}$/)]);
  expect(found.map(({ schedule_expression }) => schedule_expression)).toContain("rate(1 minute)");
  expect(Object.keys(all(demo(), "aws_lambda_permission"))).toHaveLength(2);
});

test("alarms ring below quorum, and tell the topic where one is given", () => {
  const alarm = one(demo(), "aws_cloudwatch_metric_alarm", "alarms_below-quorum");
  expect(alarm).toMatchObject({
    metric_name: "HealthyServers",
    comparison_operator: "LessThanThreshold",
    threshold: 2,
    treat_missing_data: "breaching",
    dimensions: { RecordName: "nats.demo.example.com" },
  });
  expect(alarm.alarm_actions).toBeUndefined();
  for (const { alarm_actions } of Object.values(all(stacks["inside-core-nats"], "aws_cloudwatch_metric_alarm"))) {
    expect(alarm_actions).toEqual(["arn:aws:sns:eu-west-1:123456789012:alarms"]);
  }
});

test("whoever deploys is told where clients connect", () => {
  expect(demo()?.output["client-url"]?.value).toBe("tls://nats.demo.example.com:4222");
  expect(demo()?.output["websocket-url"]?.value).toBe("wss://nats.demo.example.com");
});

import { all, type Block, contextOf, one, projectWithCode, type Stack, synthesized } from "../../support/stacks";

let open: Stack | undefined;
let inside: Stack | undefined;

const root = projectWithCode();

beforeAll(async () => {
  const routes = { order: { kind: "stream", path: "/orders", subject: "orders.{sub}.a", stream: "ORDERS" } } as const;
  const contexts = await Promise.all(
    (["open", "inside"] as const).map((name) =>
      contextOf("demo", root, (input) => {
        input.name = name;
        const { core } = input.clusters;
        if (core?.platform.kind !== "aws-ecs") throw new Error("demo has no cluster core on ECS");
        core.httpGateway = {
          routes,
          balancerIdle: "90s",
          ...(name === "inside" && { hostname: "orders.demo.example.com" }),
        };
        if (name === "inside") core.platform.access = "vpc";
      }),
    ),
  );
  const stacks = synthesized(contexts, `${root}/out`);
  open = stacks["open-core-programs"];
  inside = stacks["inside-core-programs"];
});

type Balancer = { internal: boolean; subnets: string[] };
const balancer = (stack: Stack | undefined) => one<Balancer>(stack, "aws_lb");

test("the balancer refuses what two could read differently, and waits as long as the model says", () => {
  expect(balancer(open)).toMatchObject({
    load_balancer_type: "application",
    internal: false,
    desync_mitigation_mode: "strictest",
    drop_invalid_header_fields: true,
    xff_header_processing_mode: "append",
    idle_timeout: 90,
    enable_deletion_protection: true,
  });
  expect(balancer(open).subnets.every((subnet) => subnet.includes("public"))).toBe(true);
});

test("inside of a VPC it has no public address, and takes callers of the VPC alone", () => {
  expect(balancer(inside).internal).toBe(true);
  expect(balancer(inside).subnets.every((subnet) => subnet.includes("private"))).toBe(true);
  const from = (stack: Stack | undefined) =>
    Object.values(all(stack, "aws_vpc_security_group_ingress_rule")).find(({ from_port }) => from_port === 443)
      ?.cidr_ipv4;
  expect(from(open)).toBe("0.0.0.0/0");
  expect(from(inside)).toMatch(/cidr_block/);
});

test("callers come over TLS alone, by a certificate that the zone has proved and that nobody else may issue", () => {
  const listeners = Object.values(all(open, "aws_lb_listener"));
  expect(listeners).toMatchObject([
    { port: 443, protocol: "HTTPS", ssl_policy: "ELBSecurityPolicy-TLS13-1-2-2021-06" },
  ]);
  expect(String(listeners[0]?.certificate_arn)).toContain("aws_acm_certificate_validation");
  expect(one(open, "aws_acm_certificate")).toMatchObject({
    domain_name: "api.demo.example.com",
    validation_method: "DNS",
  });
  const records = Object.values(all(open, "aws_route53_record"));
  expect(records).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        name: "api.demo.example.com",
        type: "CAA",
        records: ['0 issue "amazon.com"', '0 issuewild ";"'],
      }),
      expect.objectContaining({ name: "api.demo.example.com", type: "A" }),
    ]),
  );
  // One owner of each record: what somebody else made is not written over.
  for (const record of records) expect(record).not.toHaveProperty("allow_overwrite");
  expect(one(inside, "aws_acm_certificate")).toMatchObject({ domain_name: "orders.demo.example.com" });
});

test("tasks are asked whether they are ready where no caller asks, and are reached by the balancer alone", () => {
  expect(one(open, "aws_lb_target_group")).toMatchObject({
    port: 8080,
    target_type: "ip",
    health_check: { path: "/readyz", port: "9090" },
  });
  const rules = Object.entries(all(open, "aws_vpc_security_group_ingress_rule")).filter(([name]) =>
    name.includes("http-gateway"),
  );
  const toTasks = rules.map(([, rule]) => rule).filter(({ from_port }) => from_port !== 443);
  expect(toTasks.map(({ from_port }) => from_port).sort()).toEqual([8080, 9090]);
  for (const rule of toTasks) {
    expect(rule).toHaveProperty("referenced_security_group_id");
    expect(rule).not.toHaveProperty("cidr_ipv4");
  }
});

test("a task has its own login alone, and time to let callers go", () => {
  type Service = { task_definition: string; load_balancer: Block[]; desired_count: number };
  const service = one<Service>(open, "aws_ecs_service", "http-gateway");
  expect(service).toMatchObject({
    desired_count: 2,
    load_balancer: [{ container_name: "http-gateway", container_port: 8080 }],
  });
  const tasks = Object.entries(all(open, "aws_ecs_task_definition")).filter(([name]) =>
    name.startsWith("http-gateway"),
  );
  const [container, ...others] = JSON.parse(String(tasks[0]?.[1].container_definitions)) as {
    name: string;
    stopTimeout?: number;
    environment: { name: string; value: string }[];
  }[];
  const variables = Object.fromEntries(container?.environment.map(({ name, value }) => [name, value]) ?? []);
  expect(container).toMatchObject({ name: "http-gateway", stopTimeout: 60 });
  expect(Number(variables.DRAIN_SECONDS)).toBeGreaterThanOrEqual(10);
  expect(JSON.parse(variables.GATEWAY_SPEC ?? "{}")).toMatchObject({
    proxies: 1,
    balancerIdleMs: 90_000,
    account: "APP",
  });
  expect(others.map(({ name }) => name)).toEqual(["secrets"]);
  expect(JSON.stringify(container)).not.toMatch(/S[UA][A-Z2-7]{20}/);
});

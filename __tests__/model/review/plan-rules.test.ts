import { type PlanJson, reviewRules } from "../../../model/review";
import { planRules } from "../../../model/review/plan/rules";
import { read, resource, verdictOf } from "../../support/plan-documents";

describe("servers of a cluster", () => {
  const name = (n: number) => `aws_ecs_service.core-${n}`;
  const server = (n: number, after: object = {}, more: object = {}) =>
    resource(name(n), ["update"], {
      before: { cluster: "c", task_definition: "1" },
      after: { cluster: "c", task_definition: "2", wait_for_steady_state: true, ...after },
      ...more,
    });
  const waiting = (...waits: number[][]): Partial<PlanJson> => ({
    configuration: {
      root_module: { resources: waits.map((on, i) => ({ address: name(i), depends_on: on.map(name) })) },
    },
  });
  const found = (resources: ReturnType<typeof server>[], more: Partial<PlanJson>) =>
    read(resources, more).findings.map(({ rule, at, message, cannotTell }) => {
      expect(rule).toBe("servers-together");
      return `${at}: ${cannotTell ? "? " : ""}${message}`;
    });
  const said = (one: number, ...others: number[]) => `${name(one)}: at the same time as ${others.map(name).join(", ")}`;
  const three = [server(0), server(1), server(2)];

  test("go one after the other where each waits for the one before", () => {
    expect(found(three, waiting([], [0], [1]))).toEqual([]);
    expect(found(three, waiting([1], [2], []))).toEqual([]);
  });

  test("go together where two wait for the same one", () => {
    expect(found(three, waiting([], [0], [0]))).toEqual([said(1, 2)]);
  });

  test("go together in pairs", () => {
    const resources = [...three, server(3)];
    expect(found(resources, waiting([], [0], [], [2]))).toEqual([said(0, 2, 3), said(1, 2, 3)]);
    expect(verdictOf(resources, waiting([], [0], [], [2]))).toEqual(["block", "servers-together"]);
  });

  test("go together where Terraform does not wait until one is back", () => {
    const hasty = [server(0, { wait_for_steady_state: false }), server(1)];
    expect(found(hasty, waiting([], [0]))).toEqual([said(0, 1)]);
    expect(found([server(0, { wait_for_steady_state: undefined }), server(1)], waiting([], [0]))).toEqual([said(0, 1)]);
    // The last one need not be waited for.
    expect(found([server(0), server(1, { wait_for_steady_state: false })], waiting([], [0]))).toEqual([]);
    const unknown = { after_unknown: { wait_for_steady_state: true } };
    expect(found([server(0, { wait_for_steady_state: undefined }, unknown), server(1)], waiting([], [0]))).toEqual([
      `${name(0)}: ? whether it waits for ${name(1)}, or that one for it`,
    ]);
  });

  test("wait for what their attributes name, as for what they depend on", () => {
    const references = {
      configuration: {
        root_module: {
          resources: [
            { address: name(0) },
            { address: name(1), expressions: { tags: { references: [`${name(0)}.id`, name(0)] } } },
          ],
        },
      },
    };
    expect(found([server(0), server(1)], references)).toEqual([]);
  });

  test("of one resource with a count go together", () => {
    const counted = [0, 1].map((n) => ({ ...server(0), address: `aws_ecs_service.core[${n}]` }));
    const one = { configuration: { root_module: { resources: [{ address: "aws_ecs_service.core" }] } } };
    expect(found(counted, one)).toEqual(["aws_ecs_service.core[0]: at the same time as aws_ecs_service.core[1]"]);
  });

  test("of a module are not known to wait", () => {
    const inside = [0, 1].map((n) => ({ ...server(n), address: `module.m.${name(n)}` }));
    expect(found(inside, waiting([], [0]))).toEqual([
      `module.m.${name(0)}: ? whether it waits for module.m.${name(1)}, or that one for it`,
    ]);
  });
});

describe("what is known after apply passes no rule that blocks", () => {
  type Unknown = [rule: string, what: string, resources: ReturnType<typeof resource>[], more?: Partial<PlanJson>];
  const door = (type: string, after: object, after_unknown: object): ReturnType<typeof resource>[] => [
    resource(`${type}.m`, ["create"], { before: null, after, after_unknown }),
  ];
  const [rule, group] = ["aws_vpc_security_group_ingress_rule", "aws_security_group"];
  const monitoring = { from_port: 8222, to_port: 8222 };
  const update = (type: string, name: string, before: unknown) => [
    resource(`${type}.m`, ["update"], { before: { [name]: before }, after: {}, after_unknown: { [name]: true } }),
  ];
  const cases: Unknown[] = [
    ...["cidr_ipv4", "cidr_ipv6"].map(
      (name): Unknown => ["opened-to-the-world", name, door(rule, monitoring, { [name]: true })],
    ),
    ...["cidr_blocks", "ipv6_cidr_blocks"].flatMap((name): Unknown[] => [
      ["opened-to-the-world", name, door("aws_security_group_rule", monitoring, { [name]: true })],
      [
        "opened-to-the-world",
        `one of ${name}`,
        door("aws_security_group_rule", { ...monitoring, [name]: [null] }, { [name]: [true] }),
      ],
      [
        "opened-to-the-world",
        `${name} in a group`,
        door(group, { ingress: [{ ...monitoring, [name]: [null] }] }, { ingress: [{ [name]: [true] }] }),
      ],
    ]),
    ["opened-to-the-world", "every rule of a group", door(group, {}, { ingress: true })],
    ["opened-to-the-world", "the port", door(rule, { cidr_ipv4: "0.0.0.0/0" }, { from_port: true, to_port: true })],
    ...["deletion_protection", "enable_deletion_protection", "deletion_protection_enabled"].map(
      (name): Unknown => ["resource-protection-removed", name, update("aws_db", name, true)],
    ),
    ["resource-protection-removed", "force_destroy", update("aws_x", "force_destroy", false)],
    ...["policy", "assume_role_policy", "access_policy", "key_policy", "policy_document"].map(
      (name): Unknown => ["policy-widened", name, update("aws_x", name, "{}")],
    ),
    ["policy-widened", "every inline policy", update("aws_iam_role", "inline_policy", [])],
    [
      "policy-widened",
      "an inline policy",
      [
        resource("aws_iam_role.m", ["update"], {
          before: { inline_policy: [] },
          after: { inline_policy: [{ name: "x" }] },
          after_unknown: { inline_policy: [{ policy: true }] },
        }),
      ],
    ],
    [
      "servers-together",
      "the task definition, and whether one waits",
      [0, 1].map((n) =>
        resource(`aws_ecs_service.core-${n}`, ["update"], {
          before: { cluster: "c", task_definition: "1" },
          after: { cluster: "c" },
          after_unknown: {
            task_definition: true,
            wait_for_steady_state: true,
            deployment_minimum_healthy_percent: true,
          },
        }),
      ),
      {
        configuration: {
          root_module: {
            resources: [
              { address: "aws_ecs_service.core-0" },
              { address: "aws_ecs_service.core-1", depends_on: ["aws_ecs_service.core-0"] },
            ],
          },
        },
      },
    ],
  ];

  test.each(cases.map(([id, what, resources, more = {}]) => ({ id, what, resources, more })))(
    "$id: $what",
    ({ id, resources, more }) => {
      expect(verdictOf(resources, more)).toEqual(["acknowledge", id]);
    },
  );

  test.each([
    ["resource-abandoned", ["forget"], {}],
    ["holder-destroyed", ["delete", "create"], {}],
    ["import-changes", ["update"], { importing: { id: "x" } }],
  ])("%s is known whatever else is not", (id, actions, change) => {
    const one = resource("aws_efs_file_system.m", actions, { before: {}, after: {}, after_unknown: true, ...change });
    expect(verdictOf([one])[0]).toBe("block");
    expect(verdictOf([one])).toContain(id);
  });

  test("every rule of plans that blocks is among them, or reads actions alone", () => {
    const ofPlans = ["policy-widened", ...planRules.map(({ id }) => id)];
    const blocking = reviewRules.filter(({ id, severity }) => severity === "error" && ofPlans.includes(id));
    const tried = [...cases.map(([id]) => id), "resource-abandoned", "holder-destroyed", "import-changes"];
    expect(blocking.map(({ id }) => id).filter((id) => !tried.includes(id))).toEqual(["plan-not-whole"]);
  });

  test("but what the code does not give is the provider's own", () => {
    const own = (address: string, expressions: Record<string, unknown>): Partial<PlanJson> => ({
      configuration: { root_module: { resources: [{ address, expressions }] } },
    });
    const anew = door(group, {}, { ingress: true });
    expect(verdictOf(anew, own("aws_security_group.m", {}))).toEqual(["allow"]);
    expect(verdictOf(anew, own("aws_security_group.m", { ingress: {} }))).toEqual([
      "acknowledge",
      "opened-to-the-world",
    ]);
    const role = [
      resource("aws_iam_role.m", ["create"], { before: null, after: {}, after_unknown: { inline_policy: true } }),
    ];
    expect(verdictOf(role, own("aws_iam_role.m", {}))).toEqual(["allow"]);
    expect(verdictOf(role, { synthesized: { "aws_iam_role.m": { name: "r" } } })).toEqual(["allow"]);
  });
});

describe("ports", () => {
  const opened = (type: string, after: object, before: object | null = null) =>
    read([resource(`${type}.m`, [before ? "update" : "create"], { before, after })]).findings.map(
      ({ message }) => message,
    );
  const world = { cidr_ipv4: "0.0.0.0/0" };

  test("are named, every one where the protocol is any", () => {
    const rule = "aws_vpc_security_group_ingress_rule";
    expect(opened(rule, { ...world, from_port: 8222, to_port: 8222 })).toEqual(["port 8222 for 0.0.0.0/0"]);
    expect(opened(rule, { ...world, from_port: 1, to_port: 9 })).toEqual(["ports 1-9 for 0.0.0.0/0"]);
    expect(opened(rule, { ...world, ip_protocol: "-1" })).toEqual(["every port for 0.0.0.0/0"]);
    expect(opened(rule, { ...world, from_port: 1, to_port: 1 }, { ...world, from_port: 1, to_port: 1 })).toEqual([]);
  });

  test("that are dialled from inside are no doors", () => {
    expect(opened("aws_vpc_security_group_egress_rule", { ...world, ip_protocol: "-1" })).toEqual([]);
  });
});

test("protection that is taken out is off", () => {
  const gone = (name: string, from: unknown, to: unknown) =>
    verdictOf([resource("aws_db.m", ["update"], { before: { [name]: from }, after: { [name]: to } })])[0];
  expect(gone("deletion_protection", true, null)).toBe("block");
  expect(gone("force_destroy", null, true)).toBe("block");
  expect(gone("deletion_protection", true, true)).toBe("allow");
  expect(gone("force_destroy", true, true)).toBe("allow");
  expect(gone("deletion_protection", false, true)).toBe("allow");
});

describe("policies", () => {
  const wide = { Effect: "Allow", Action: "*", Resource: "*" };
  const text = (...Statement: unknown[]) => JSON.stringify({ Statement });
  const verdict = (type: string, before: object, after: object) =>
    verdictOf([resource(`${type}.p`, ["update"], { before, after })]);
  const blocked = ["block", "policy-widened"];

  test("inside of a role are read as those by themselves", () => {
    const inline = (...policies: string[]) => ({
      inline_policy: policies.map((policy, i) => ({ name: `p${i}`, policy })),
    });
    expect(verdict("aws_iam_role", { inline_policy: [] }, inline(text(wide)))).toEqual(blocked);
    expect(verdict("aws_iam_role", inline(text(wide)), inline("", text(wide)))).toEqual(["allow"]);
    expect(verdict("aws_ssoadmin_permission_set_inline_policy", {}, { inline_policy: text(wide) })).toEqual(blocked);
    const open = resource("aws_iam_role.p", ["update"], {
      before: { inline_policy: [] },
      after: { inline_policy: [{ name: "p" }] },
      after_unknown: { inline_policy: [{ policy: true }] },
    });
    const synthesized = (policy: string) => ({
      synthesized: { "aws_iam_role.p": { inline_policy: [{ name: "p", policy }] } },
    });
    expect(verdictOf([open], synthesized(text(wide)))).toEqual(blocked);
    expect(verdictOf([open], synthesized(text({ ...wide, Action: "s3:GetObject" })))).toEqual(["allow"]);
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["a statement that is null", text(null)],
    ["a statement that is a text", text("Allow")],
    ["an action that is a number", text({ ...wide, Action: 7 })],
  ])("that cannot be read never pass: %s", (_, policy) => {
    expect(verdict("aws_iam_policy", {}, { policy })).toEqual(["acknowledge", "policy-widened"]);
    expect(verdict("aws_iam_role", {}, { inline_policy: [{ policy }] })).toEqual(["acknowledge", "policy-widened"]);
    // Vault's are written in another language.
    expect(verdict("vault_policy", {}, { policy })).toEqual(["allow"]);
  });

  test.each([
    ["everything but some", { ...wide, Action: "iam:*", Resource: undefined, NotResource: "x" }],
    ["everybody but some", { Effect: "Allow", Action: "sqs:SendMessage", Resource: "x", NotPrincipal: { AWS: "y" } }],
    ["every action of every kind", { ...wide, Action: ["**"] }],
  ])("that allow %s are wide", (_, statement) => {
    expect(verdict("aws_iam_policy", {}, { policy: text(statement) })).toEqual(blocked);
  });
});

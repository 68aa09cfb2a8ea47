import fc from "fast-check";
import type { PlanJson, Rendering, StackReview } from "../../../model/review";
import { countsOf, reviewHtml, reviewLines, reviewMarkdown, reviewSarif } from "../../../templates/review";
import { type Resource, read, resource, reviewOf, verdictOf } from "../../support/plan-documents";

describe("actions", () => {
  test("are counted so that destruction shows", () => {
    const stack = read([
      resource("a.one", ["delete", "create"]),
      resource("a.two", ["delete", "create"]),
      resource("a.three", ["create", "delete"]),
      resource("a.four", ["update"], {}, { previous_address: "a.old" }),
      resource("a.five", ["no-op"], {}, { previous_address: "a.older" }),
      resource("a.six", ["no-op"], { importing: { id: "x" } }),
      resource("a.seven", ["no-op"]),
      resource("data.a.b", ["read"], {}, { mode: "data" }),
      resource("a.eight", ["forget"]),
    ]);
    expect(countsOf(stack)).toBe(
      "1 abandoned, 2 replaced, with a gap = 2 destroyed + 2 made, 1 replaced, overlapping = 1 destroyed + 1 made, 1 changed, 1 adopted, 2 moved",
    );
  });

  test("that nobody knows are never allowed", () => {
    expect(verdictOf([resource("a.b", ["transmogrify"])])).toEqual(["acknowledge", "unknown-action"]);
    expect(verdictOf([resource("a.b", ["update"], {}, { action_reason: "because_of_tuesday" })])).toEqual(["allow"]);
    expect(read([resource("a.b", ["update"], {}, { action_reason: "because_of_tuesday" })]).changes[0]?.why).toBe(
      "for a reason that natsform does not know: because_of_tuesday",
    );
  });
});

const service = (
  n: number,
  change: object = {
    before: { cluster: "c", task_definition: "1" },
    after: { cluster: "c", task_definition: "2", wait_for_steady_state: true },
  },
) => resource(`aws_ecs_service.core-${n}`, ["update"], change);
/** Another task definition of a service that ECS keeps whole while it changes. */
const rolling = Object.fromEntries(
  ["before", "after"].map((side) => [
    side,
    { cluster: "c", task_definition: side, deployment_minimum_healthy_percent: 100 },
  ]),
);
const chained = (...waits: string[][]) => ({
  configuration: {
    root_module: { resources: waits.map((depends_on, i) => ({ address: `aws_ecs_service.core-${i}`, depends_on })) },
  },
});

test.each<[string, Resource[], Partial<PlanJson>, string[]]>([
  ["nothing", [], {}, ["allow"]],
  [
    "a zone that is replaced",
    [resource("aws_route53_zone.z", ["delete", "create"])],
    {},
    ["block", "holder-destroyed"],
  ],
  ...["aws_vpc", "aws_subnet"].map((type): [string, Resource[], Partial<PlanJson>, string[]] => [
    `${type}, with what runs in it`,
    [resource(`${type}.one`, ["delete", "create"])],
    {},
    ["block", "holder-destroyed"],
  ]),
  ...(
    [
      ["the key of a service that is gone", "aws_secretsmanager_secret", "demo/keys/user-service-orders", true],
      ["the images of services that are gone", "aws_ecr_repository", "demo/services", true],
      ["a key that others read", "aws_secretsmanager_secret", "demo/keys/user-responder", true],
      ["the images of programs", "aws_ecr_repository", "demo/auth-callout", true],
      ["the key of a service that is still there", "aws_secretsmanager_secret", "demo/keys/user-service-orders", false],
    ] as const
  ).map(([what, type, name, isGone]): [string, Resource[], Partial<PlanJson>, string[]] => [
    what,
    [
      resource(
        `${type}.one`,
        ["delete"],
        { before: { name }, after: null },
        isGone ? { action_reason: "delete_because_no_resource_config" } : {},
      ),
    ],
    {},
    isGone && /service/.test(name) ? ["acknowledge", "service-removed"] : ["block", "holder-destroyed"],
  ]),
  ["a left-over of a zone", [resource("aws_route53_zone.z", ["delete"], {}, { deposed: "0a1b" })], {}, ["allow"]],
  ["a server that is forgotten", [resource("aws_ecs_service.s", ["forget"])], {}, ["block", "resource-abandoned"]],
  [
    "one that is forgotten and made",
    [resource("aws_ecs_service.s", ["create", "forget"])],
    {},
    ["block", "resource-abandoned"],
  ],
  ["what is adopted as it is", [resource("a.b", ["no-op"], { importing: { id: "x" } })], {}, ["allow"]],
  [
    "what is adopted and replaced",
    [resource("a.b", ["delete", "create"], { importing: { id: "x" } })],
    {},
    ["block", "import-changes"],
  ],
  [
    "a rename in the code",
    [
      resource(
        "aws_x.old",
        ["delete"],
        { before: { name: "n" }, after: null },
        { action_reason: "delete_because_no_resource_config" },
      ),
      resource("aws_x.new", ["create"], { before: null, after: { name: "n" } }),
    ],
    {},
    ["acknowledge", "likely-rename"],
  ],
  ["two servers at once", [service(0), service(1)], chained([], []), ["block", "servers-together"]],
  ["two servers, one after the other", [service(0), service(1)], chained([], ["aws_ecs_service.core-0"]), ["allow"]],
  [
    "two servers through something between them",
    [service(0), service(1)],
    {
      configuration: {
        root_module: {
          resources: [
            { address: "aws_ecs_service.core-1", depends_on: ["a.b"] },
            { address: "a.b", depends_on: ["aws_ecs_service.core-0"] },
          ],
        },
      },
    },
    ["allow"],
  ],
  ["two servers, and nobody knows", [service(0), service(1)], {}, ["acknowledge", "servers-together"]],
  [
    "two services whose new tasks run before the old ones end",
    [0, 1].map((n) => service(n, rolling)),
    chained([], []),
    ["allow"],
  ],
  [
    "two services of that kind that are made anew",
    [0, 1].map((n) => resource(`aws_ecs_service.core-${n}`, ["delete", "create"], rolling)),
    chained([], []),
    ["block", "servers-together"],
  ],
  [
    "two servers whose tasks stay",
    [service(0, { before: { cluster: "c", tags: 1 }, after: { cluster: "c", tags: 2 } }), service(1, {})],
    chained([], []),
    ["allow"],
  ],
  [
    "protection",
    [resource("a.b", ["update"], { before: { deletion_protection: true }, after: { deletion_protection: false } })],
    {},
    ["block", "resource-protection-removed"],
  ],
  [
    "a bucket that may be emptied",
    [resource("a.b", ["update"], { before: { force_destroy: false }, after: { force_destroy: true } })],
    {},
    ["block", "resource-protection-removed"],
  ],
  [
    "monitoring for everybody",
    [
      resource("aws_vpc_security_group_ingress_rule.m", ["create"], {
        before: null,
        after: { cidr_ipv4: "0.0.0.0/0", from_port: 8222, to_port: 8222 },
      }),
    ],
    {},
    ["block", "opened-to-the-world"],
  ],
  [
    "clients from everywhere",
    [
      resource("aws_vpc_security_group_ingress_rule.m", ["create"], {
        before: null,
        after: { cidr_ipv4: "0.0.0.0/0", from_port: 4222, to_port: 4222 },
      }),
    ],
    {},
    ["allow"],
  ],
  ["a plan that failed", [], { errored: true }, ["block", "plan-not-whole"]],
  ["a plan without the field", [resource("a.b", ["update"])], {}, ["allow"]],
  ["resources put off", [], { deferred_changes: [{ reason: "unknown" }] }, ["acknowledge", "planned-later"]],
])("%s", (_, resources, more, verdict) => {
  expect(verdictOf(resources, more)).toEqual(verdict);
});

describe("policies", () => {
  const text = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
  const [narrow, wide] = [
    { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" },
    { Effect: "Allow", Action: "*", Resource: "*" },
  ];
  const policy = (change: object) => resource("aws_iam_role_policy.p", ["update"], change);

  test("that become wide block, in any order and form", () => {
    const becomes = (before: string, after: string) =>
      verdictOf([policy({ before: { policy: before }, after: { policy: after } })]);
    expect(becomes(text(narrow), text(wide, narrow))).toEqual(["block", "policy-widened"]);
    expect(becomes(text(wide, narrow), text(narrow, wide))).toEqual(["allow"]);
    expect(
      becomes(
        text(narrow),
        text(narrow, { Effect: "Allow", Principal: { AWS: ["*"] }, Action: "s3:GetObject", Resource: "x" }),
      ),
    ).toEqual(["block", "policy-widened"]);
    expect(becomes(text(narrow), text({ ...narrow, Action: ["iam:*"], Resource: ["*"] }))).toEqual([
      "block",
      "policy-widened",
    ]);
    expect(becomes(text(narrow), text({ Effect: "Deny", Action: "*", Resource: "*" }))).toEqual(["allow"]);
  });

  test("of a key name the key by a star, and everybody by one too", () => {
    const root = {
      Effect: "Allow",
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: "kms:*",
      Resource: "*",
    };
    const key = (type: string, statement: object) =>
      verdictOf([resource(`${type}.k`, ["create"], { before: null, after: { policy: text(statement) } })]);
    expect(key("aws_kms_key", root)).toEqual(["allow"]);
    expect(key("aws_kms_key_policy", root)).toEqual(["allow"]);
    expect(key("aws_kms_key", { ...root, Principal: "*" })).toEqual(["block", "policy-widened"]);
    expect(key("aws_kms_grant_role", root)).toEqual(["block", "policy-widened"]);
  });

  test("that are unknown are judged by the text of synthesis, and never pass without one", () => {
    const unknown = policy({ before: { policy: text(narrow) }, after: {}, after_unknown: { policy: true } });
    expect(verdictOf([unknown])).toEqual(["acknowledge", "policy-widened"]);
    const synthesized = (policyText: string) => ({ synthesized: { "aws_iam_role_policy.p": { policy: policyText } } });
    expect(verdictOf([unknown], synthesized(text(wide)))).toEqual(["block", "policy-widened"]);
    expect(verdictOf([unknown], synthesized(text(narrow)))).toEqual(["allow"]);
  });

  test("that are only written otherwise differ in nothing", () => {
    const change = {
      before: { policy: text(narrow) },
      after: { policy: JSON.stringify(JSON.parse(text(narrow)), null, 2) },
    };
    expect(read([policy(change)]).changes[0]?.differences).toEqual([]);
  });
});

describe("differences", () => {
  const of = (type: string, change: object) =>
    read([resource(`${type}.x`, ["update"], change)]).changes[0]?.differences;

  test("are by place, with what forces a replacement, and what is known later", () => {
    expect(
      of("aws_x", {
        before: { a: { b: [1, 2] }, c: "x", kept: true },
        after: { a: { b: [1, 3] }, kept: true },
        after_unknown: { c: true },
        replace_paths: [["a", "b", 1]],
      }),
    ).toEqual([
      { path: "a.b.1", from: "2", to: "3", forces: true },
      { path: "c", from: "x", to: "(known after apply)" },
    ]);
  });

  test("of sets have no order, those of lists do", () => {
    const turned = (name: string) => ({ before: { [name]: ["a", "b"] }, after: { [name]: ["b", "a"] } });
    expect(of("aws_route53_record", turned("records"))).toEqual([]);
    expect(of("aws_ecs_task_definition", turned("command"))).toHaveLength(2);
  });
});

describe("what is write-only", () => {
  const secret = (from: number, to: number) =>
    read(
      [
        resource("aws_x.s", from === to ? ["no-op"] : ["update"], {
          before: { value_wo: null, value_wo_version: from },
          after: { value_wo: null, value_wo_version: to },
        }),
      ],
      {
        configuration: {
          root_module: { resources: [{ address: "aws_x.s", expressions: { value_wo: {}, value_wo_version: {} } }] },
        },
      },
    );

  test("is not sent while its version stays, and that is said", () => {
    const said = reviewOf(secret(1, 1)).notChecked.join();
    expect(said).toContain(
      "whether aws_x.s.value_wo is another one: it is write-only, and as its version stays it will not be sent",
    );
    expect(reviewOf(secret(1, 2)).notChecked.join()).not.toContain("write-only");
    expect(secret(1, 2).changes[0]?.differences).toEqual([{ path: "value_wo_version", from: "1", to: "2" }]);
  });
});

describe("drift", () => {
  const drifted = (i: number, attribute: string, type = "aws_x") =>
    resource(`${type}.n${i}`, ["update"], { before: { [attribute]: 1 }, after: { [attribute]: 2 } });

  test("is grouped and capped, what the plan reads first; what a program changes by design is none", () => {
    const { drift } = read([], {
      resource_drift: [
        ...Array.from({ length: 160 }, (_, i) => drifted(i, "tags_all")),
        drifted(1, "policy", "aws_y"),
        resource("aws_z.gone", ["delete"]),
        drifted(2, "records", "aws_route53_record"),
      ],
      relevant_attributes: [{ resource: "aws_y.n1" }],
    });
    expect(drift).toEqual([
      { what: "aws_y: policy", count: 1, feeds: true },
      { what: "aws_z is gone", count: 1, feeds: false },
      { what: "aws_x: tags_all", count: 160, feeds: false },
    ]);
  });

  test("of a thousand kinds is still a short list", () => {
    const { drift } = read([], { resource_drift: Array.from({ length: 1000 }, (_, i) => drifted(i, `a${i}`)) });
    expect(drift).toHaveLength(51);
    expect(drift.at(-1)).toEqual({ what: "950 more kinds", count: 950, feeds: false });
  });
});

describe("secrets", () => {
  const canary = "c4n4ry-of-a-secret";
  const shown = (stack: StackReview) => {
    const one = reviewOf(stack);
    const nowhere = () => ({ file: "f", line: 1 });
    return [
      JSON.stringify(one),
      reviewHtml([one]),
      reviewMarkdown([one]),
      JSON.stringify(reviewSarif([one], nowhere, "1")),
      ...reviewLines(one),
    ].join("\n");
  };
  const everywhere: [string, Resource[], Partial<PlanJson>][] = [
    [
      "a value that is marked",
      [
        resource("a.b", ["update"], {
          before: { p: canary },
          after: { p: `${canary}2` },
          before_sensitive: { p: true },
          after_sensitive: { p: true },
        }),
      ],
      {},
    ],
    [
      "one that becomes sensitive",
      [
        resource("a.b", ["update"], {
          before: { p: canary },
          after: { p: canary, q: 1 },
          after_sensitive: { p: true },
        }),
      ],
      {},
    ],
    [
      "one that no longer is",
      [
        resource("a.b", ["update"], {
          before: { p: canary },
          after: { p: canary, q: 1 },
          before_sensitive: { p: true },
        }),
      ],
      {},
    ],
    [
      "all below a mark",
      [
        resource("a.b", ["update"], {
          before: { p: { deep: [canary] } },
          after: { p: { deep: [`${canary}2`] } },
          after_sensitive: { p: true },
        }),
      ],
      {},
    ],
    [
      "an element of a set that masks the others",
      [
        resource("aws_security_group.b", ["update"], {
          before: { ingress: [{ d: canary }] },
          after: { ingress: [{ d: "x" }, { d: canary }] },
          after_sensitive: { ingress: [{}, { d: true }] },
        }),
      ],
      {},
    ],
    [
      "a copy in an attribute without a mark",
      [
        resource("a.b", ["update"], {
          before: { p: canary, copy: "" },
          after: { p: canary, copy: `url://${canary}@host` },
          after_sensitive: { p: true },
        }),
      ],
      {},
    ],
    [
      "a copy in base64",
      [
        resource("a.b", ["update"], {
          before: { p: canary, copy: "" },
          after: { p: canary, copy: Buffer.from(canary).toString("base64") },
          after_sensitive: { p: true },
        }),
      ],
      {},
    ],
    [
      "a variable, which has no mask",
      [resource("a.b", ["update"], { before: { x: "" }, after: { x: canary } })],
      {
        variables: { v: { value: canary } },
        configuration: { root_module: { variables: { v: { sensitive: true } } } },
      },
    ],
    [
      "an output",
      [resource("a.b", ["update"], { before: { x: "" }, after: { x: canary } })],
      {
        output_changes: {
          o: { actions: ["update"], before: canary, after: "y", before_sensitive: true, after_sensitive: true },
        },
      },
    ],
    [
      "the key of a resource",
      [
        resource(`a.b["${canary}"]`, ["update"], {
          before: { p: canary },
          after: { p: "x" },
          before_sensitive: { p: true },
        }),
      ],
      {},
    ],
    [
      "drift",
      [],
      {
        resource_drift: [
          resource(`a.${canary}`, ["update"], {
            before: { p: canary },
            after: { p: "x" },
            before_sensitive: { p: true },
          }),
        ],
      },
    ],
    [
      "what is known later",
      [
        resource("a.b", ["update"], {
          before: { p: canary },
          after: {},
          after_unknown: { p: true },
          before_sensitive: { p: true },
        }),
      ],
      {},
    ],
  ];

  const marked = (copy: string, secret = canary) =>
    resource("a.b", ["update"], {
      before: { p: secret, copy: "" },
      after: { p: secret, copy },
      after_sensitive: { p: true },
    });
  const unmarked = (copy: string) => [resource("a.b", ["update"], { before: { x: "" }, after: { x: copy } })];

  test.each([
    ["longer than what is shown of a value", "", 301],
    ["across the end of what is shown", "x".repeat(180), 100],
  ])("%s is hidden as a whole, and found", (_, before, length) => {
    const long = Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * 7 + (i >> 3)) % 26))).join("");
    const resources = [marked(`${before}${long} and more`, long)];
    const text = shown(read(resources));
    for (let i = 0; i + 12 <= length; i++) expect(text).not.toContain(long.slice(i, i + 12));
    expect(verdictOf(resources)).toEqual(["block", "secret-in-the-open"]);
  });

  test("whose form is known is hidden as a whole across the end of what is shown", () => {
    const text = shown(read(unmarked(`${"x".repeat(170)} S${"UA".padEnd(57, "B")}`)));
    expect(text).not.toContain("SUABBB");
  });

  test("of several lines are known where only some of them differ", () => {
    const key = (body: string) =>
      `a: 1\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n${body}\n-----END EC PRIVATE KEY-----\nb: 2`;
    const change = { before: { x: key("b0dyOfTheFirst") }, after: { x: `${key("b0dyOfTheOther")}\nc: 3` } };
    const text = shown(read([resource("a.b", ["update"], change)]));
    expect(text).not.toContain("b0dyOf");
    expect(text).toContain("c: 3");
  });

  const long = "c4n4ry/of+a secret?";
  test.each([
    ["in a URL", encodeURIComponent(long)],
    ["in a form", new URLSearchParams({ p: long }).toString()],
    ["in a URL, in small letters", encodeURIComponent(long).replace(/%../g, (code) => code.toLowerCase())],
    ...["", "u", "us", "user"].flatMap((user): [string, string][] => [
      [`in base64 behind "${user}:"`, Buffer.from(`${user}:${long}!`).toString("base64")],
      [`in base64url behind "${user}:"`, Buffer.from(`${user}:${long}!`).toString("base64url")],
    ]),
  ])("%s is known", (_, copy) => {
    const { changes, findings } = read([marked(`copy=${copy}`, long)]);
    expect(findings.map(({ rule }) => rule)).toEqual(["secret-in-the-open"]);
    const [to = ""] = changes[0]?.differences.map((one) => one.to) ?? [];
    expect(to).toContain("(sensitive)");
    expect(to.replace("copy=", "").replace("(sensitive)", "").length).toBeLessThan(12);
  });

  const inState = { root_module: { resources: [{ values: { p: canary }, sensitive_values: { p: true } }] } };
  test.each<[string, Partial<PlanJson>]>([
    ["a data source that was read before", { prior_state: { values: inState } }],
    [
      "a data source of a module",
      { prior_state: { values: { root_module: { child_modules: [inState.root_module] } } } },
    ],
    ["what is planned", { planned_values: inState }],
    ["an output that stays", { prior_state: { values: { outputs: { o: { sensitive: true, value: canary } } } } }],
    ["a variable of which no configuration speaks", { variables: { v: { value: canary } } }],
    ["a variable that is not declared", { variables: { v: { value: canary } }, configuration: { root_module: {} } }],
  ])("%s is in no output", (_, more) => {
    expect(shown(read(unmarked(`url://${canary}@host`), more))).not.toContain(canary);
    expect(verdictOf(unmarked(canary), more)).toEqual(["block", "secret-in-the-open"]);
  });

  test("a variable that is declared as none is shown", () => {
    const more = { variables: { v: { value: canary } }, configuration: { root_module: { variables: { v: {} } } } };
    expect(verdictOf(unmarked(canary), more)).toEqual(["allow"]);
  });

  test("that is a word of ours does not change what is said", () => {
    const secret = marked("x", "destroyed");
    const { changes } = read([secret, resource("a.c", ["delete"])]);
    expect(changes.map(({ action }) => action)).toEqual(["destroyed", "changed"]);
  });

  test.each(everywhere)("%s stands in no output", (_, resources, more) => {
    const text = shown(read(resources, more));
    expect(text).not.toContain(canary);
    expect(text).not.toContain(Buffer.from(canary).toString("base64"));
  });

  test.each([
    ["the seed of an nkey", `S${"UA".padEnd(57, "B")}`],
    ["a private key", "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"],
    ["an access key of AWS", "AKIAIOSFODNN7EXAMPLE"],
    ["a token", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"],
  ])("%s is known by its form", (_, secret) => {
    const text = shown(read([resource("a.b", ["update"], { before: { x: "" }, after: { x: `key=${secret};` } })]));
    expect(text).not.toContain(secret);
    expect(text).not.toContain("MHcCAQEE");
  });

  test("that change and that stay are told apart", () => {
    const masks = { before_sensitive: { p: true, q: true }, after_sensitive: { p: true, q: true } };
    const { changes } = read([
      resource("a.b", ["update"], {
        before: { p: "oldsecret", q: "same-secret" },
        after: { p: "newsecret", q: "same-secret" },
        ...masks,
      }),
    ]);
    expect(changes[0]?.differences).toEqual([{ path: "p", from: "(sensitive)", to: "(sensitive), changed" }]);
  });

  test("in the open are a finding", () => {
    const [, resources, more] = everywhere[5] as (typeof everywhere)[number];
    expect(verdictOf(resources, more)).toEqual(["block", "secret-in-the-open"]);
  });

  test("never leave by any place of any document", () => {
    const place = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant(canary),
        fc.string(),
        fc.nat(260).map((before) => `${"x".repeat(before)}${canary}${"y".repeat(50)}`),
        fc.integer(),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie("value"), { maxKeys: 3 }),
      ),
    })).value;
    fc.assert(
      fc.property(place, place, fc.constantFrom("update", "create", "delete"), (before, after, action) => {
        const change = { before: { x: before, s: canary }, after: { x: after }, before_sensitive: { s: true } };
        // A head of it is a part of it.
        return !shown(read([resource("a.b", [action], change)])).includes(canary.slice(0, 5));
      }),
      { numRuns: 100 },
    );
  });
});

test("a plan of a thousand resources is read in one pass over its texts", () => {
  const many = Array.from({ length: 1000 }, (_, i) =>
    resource(`aws_x.n${i}`, ["update"], {
      before: { a: i, s: `secret-number-${i}` },
      after: { a: i + 1, s: `secret-number-${i}` },
      after_sensitive: { s: true },
    }),
  );
  expect(read(many).changes).toHaveLength(1000);
});

describe("objects of a chart", () => {
  const release = (rendered: Rendering) =>
    read([resource("helm_release.nats", ["update"], { before: { values: ["a"] }, after: { values: ["b"] } })], {
      rendered: { "helm_release.nats": rendered },
    });
  const object = (kind: string, name: string, more: object = {}) => ({ kind, metadata: { name }, ...more });
  const conf = (...lines: string[]) => object("ConfigMap", "conf", { data: { "nats.conf": lines.join("\n") } });
  const secret = (password: string) => object("Secret", "login", { data: { password } });

  test("are compared by name, and a configuration by the lines that differ", () => {
    const after = [conf("port: 4222", "max_payload: 2", "end"), object("Service", "new")];
    const { changes } = release({
      before: [conf("port: 4222", "max_payload: 1", "end"), object("Job", "old")],
      after,
      again: after,
    });
    expect(changes[0]?.objects).toEqual([
      {
        object: "ConfigMap conf",
        action: "changed",
        differences: [{ path: "data.nats.conf", from: "max_payload: 1", to: "max_payload: 2" }],
        random: [],
      },
      { object: "Job old", action: "destroyed", differences: [], random: [] },
      { object: "Service new", action: "made", differences: [], random: [] },
    ]);
  });

  test("show no value of a Secret, and what is random is no change", () => {
    const stack = release({
      before: [secret("canary-before"), object("Service", "one", { spec: { token: "x" } })],
      after: [secret("canary-after"), object("Service", "one", { spec: { token: "y" } })],
      again: [secret("canary-after"), object("Service", "one", { spec: { token: "z" } })],
    });
    expect(stack.changes[0]?.objects).toEqual([
      {
        object: "Secret login",
        action: "changed",
        differences: [{ path: "data.password", from: "(sensitive)", to: "(sensitive), changed" }],
        random: [],
      },
      { object: "Service one", action: "changed", differences: [], random: ["spec.token"] },
    ]);
    const shown = reviewOf(stack);
    for (const text of [
      reviewMarkdown([shown]),
      reviewHtml([shown]),
      JSON.stringify(shown),
      JSON.stringify(reviewSarif([shown], () => ({ file: "f", line: 1 }), "1")),
    ])
      expect(text).not.toContain("canary");
    expect(reviewMarkdown([shown])).toContain("another value at every rendering");
  });

  test("that nobody has seen are said to be so", () => {
    const { notChecked } = reviewOf(release({ missing: "its chart is elsewhere" }));
    expect(notChecked).toContain("objects of helm_release.nats: its chart is elsewhere");
  });
});

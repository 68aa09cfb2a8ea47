import fc from "fast-check";
import { type ChangePlan, planExitCode, reloadMatrix, unallowedLosses, unknownKeys } from "../../../model/change";
import { buildTopology, type Topology } from "../../../model/topology";
import { changeLines, changeOf, planChange } from "../../../templates/change";
import { accepted } from "../../support/arbitrary-environment";
import { type Changes, changed, parsed } from "../../support/lint-environment";

const topologyWith = (changes: Changes) => buildTopology(parsed(changed(changes)));
const plan = (before: Changes, after: Changes) => planChange(topologyWith(before), topologyWith(after));
const effects = ({ servers }: ChangePlan) =>
  Object.fromEntries(
    servers.filter(({ effect }) => effect !== "nothing").map(({ server, effect }) => [server, effect]),
  );
const all = (prefix: string, effect: string, count = 3) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}-${i}`, effect]));
const mesh = (effect: string) => ({ "mesh-dk": effect, "mesh-no": effect, "mesh-se": effect });
const everywhere = (effect: string) => ({
  ...all("core", effect),
  ...all("edge", effect),
  ...mesh(effect),
});

const chart = (values: object) => ({
  "clusters.edge.platform.chart": { values },
});
const partner = (more: object = {}) => ({ "clusters.core.foreignLeafs": { partner: { accounts: ["APP"], ...more } } });
const more = { platform: { kind: "kubernetes", flavor: "gke", namespace: "more" }, jetstream: {} };
const onEcs = {
  kind: "aws-ecs",
  region: "eu-west-1",
  domain: "core.example.com",
};

test.each<[string, Changes, Changes, Record<string, string>]>([
  ["nothing", {}, {}, {}],
  ["a limit that reloads", {}, { "nats.maxPayload": "2MiB" }, everywhere("reload")],
  ["a key that does not", {}, { "clusters.core.jetstream.maxConcurrentIo": 64 }, all("core", "restart")],
  ["another nats-server", {}, { "nats.version": "2.14.5" }, everywhere("restart")],
  [
    "a larger cluster on ECS, whose tasks are told the names of all",
    { "clusters.core.platform": onEcs, "clusters.core.size": 3 },
    { "clusters.core.platform": onEcs, "clusters.core.size": 5 },
    { ...all("core", "restart"), "core-3": "start", "core-4": "start" },
  ],
  ["an account", {}, { "accounts.NEW": { jetstream: { enabled: false } } }, everywhere("reload")],
  ["an account with a user that servers know", {}, { "accounts.NEW": {} }, everywhere("restart")],
  ["grants of tokens and services", {}, { "identity.services.api.publish.allow": ["a.>"] }, {}],
  ["a stream", {}, { streams: [] }, {}],
  // The other link is closed to its inboxes.
  ["a partner that servers know", {}, partner(), all("core", "restart")],
  ["a partner whose certificate the callout judges", {}, partner({ certificate: "own" }), all("core", "reload")],
  ["durability", {}, { "clusters.core.jetstream.durability": "durable" }, all("core", "restart")],
  ["tags", {}, { "clusters.core.tags": ["a:b"] }, all("core", "reload")],
  ["websocket, a block that goes", {}, { "clusters.core.websocket": undefined }, all("core", "restart")],
  ["more servers", {}, { "clusters.core.size": 5 }, { ...all("core", "reload"), "core-3": "start", "core-4": "start" }],
  [
    "fewer servers",
    { "clusters.edge.size": 5 },
    {},
    { ...all("edge", "reload"), "edge-3": "remove", "edge-4": "remove" },
  ],
  [
    "a name in the zone, which leaf nodes dial",
    {},
    { "clusters.core.platform.domain": "other.example.com" },
    { ...all("core", "restart"), ...all("edge", "reload") },
  ],
  ["CPUs of a pod", {}, { "clusters.edge.platform.cpu": 1 }, all("edge", "restart")],
  [
    "a limit that reloads, without the chart's reloader",
    { "clusters.edge.platform.reloader": false },
    { "clusters.edge.platform.reloader": false, "nats.maxPayload": "2MiB" },
    { ...everywhere("reload"), ...all("edge", "restart") },
  ],
  ["who may scrape", {}, { "clusters.edge.platform.monitoring.from": [{ namespace: "metrics" }] }, {}],
  ["a pod with the command line", {}, { "clusters.edge.platform.natsBox": {} }, {}],
  ["raw: a key that reloads", {}, chart({ config: { merge: { ping_interval: "30s" } } }), all("edge", "reload")],
  ["raw: a key that does not", {}, chart({ config: { merge: { max_closed_clients: 5 } } }), all("edge", "restart")],
  ["raw: the same in other letters", {}, chart({ config: { merge: { Ping_Interval: "30s" } } }), all("edge", "reload")],
  ["raw: in a block", {}, chart({ config: { cluster: { merge: { pool_size: 4 } } } }), all("edge", "restart")],
  ["raw: of the pod", {}, chart({ container: { merge: { tty: true } } }), all("edge", "restart")],
  ["raw: of the Service", {}, chart({ service: { merge: { metadata: {} } } }), {}],
  [
    "an ECS task's memory",
    { "clusters.core.platform": onEcs },
    { "clusters.core.platform": { ...onEcs, memory: "8GiB" } },
    all("core", "restart"),
  ],
  [
    "an ECS task's disk",
    { "clusters.core.platform": onEcs },
    { "clusters.core.platform": { ...onEcs, storage: "efs" } },
    all("core", "recreate"),
  ],
  [
    "how the network of ECS reaches AWS",
    { "clusters.core.platform": onEcs },
    { "clusters.core.platform": { ...onEcs, network: { egress: "endpoints" } } },
    {},
  ],
  [
    "a range of addresses of which no VPC is made",
    { "clusters.core.platform": { ...onEcs, network: { vpcId: "vpc-0a" } } },
    { "clusters.core.platform": { ...onEcs, network: { vpcId: "vpc-0a", cidr: "10.8.0.0/16" } } },
    {},
  ],
])("%s: each server", (_, before, after, expected) => {
  expect(effects(plan(before, after))).toEqual(expected);
});

const arns = (letter: string) =>
  Object.fromEntries(
    ["internal", "routes", "leafnodes"].map((issuer) => [
      issuer,
      `arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/${letter.repeat(8)}`,
    ]),
  );
const exchange = "its authority is exchanged, in steps: each is trusted before it signs";

describe("an authority that is exchanged", () => {
  const placed = (cluster: string): Changes => (cluster === "core" ? { "clusters.core.platform": onEcs } : {});
  test.each<[string, Changes]>([
    ["edge", { "clusters.edge.tls": { vault: { address: "https://other.example.com" } } }],
    ["edge", { "clusters.edge.tls": { vault: { root: "other" } } }],
    ["edge", { "clusters.edge.tls": { mount: "other" } }],
    ["core", { "clusters.core.tls": { authorities: arns("a") } }],
  ])("%s: %j: is said for each certificate of it, and for none of a twin", (cluster, change) => {
    const [was, is] = [topologyWith(placed(cluster)), topologyWith({ ...placed(cluster), ...change })];
    const own = is.clusters
      .find(({ name }) => name === cluster)
      ?.certificates.filter(({ issuer }) => issuer !== "public");
    const { servers, forbidden } = planChange(was, is);
    expect(effects({ servers } as ChangePlan)).toEqual(all(cluster, "reload"));
    const reasons = (own ?? []).map(({ id }) => ({ at: `certificates.${id}`, effect: "reload", why: exchange }));
    expect(reasons.length).toBeGreaterThan(1);
    expect(servers.filter((one) => one.cluster === cluster).map((one) => one.reasons)).toEqual([
      reasons,
      reasons,
      reasons,
    ]);
    expect(forbidden).toEqual([]);
    expect(effects(planChange(was, is, { onPlatform: false }))).toEqual({});
  });

  test("is none where a note of before names no authority", () => {
    const now = topologyWith({ "clusters.edge.tls": { mount: "other" } });
    const noted = topologyWith({});
    for (const cluster of noted.clusters) delete cluster.authorities;
    expect(changeLines(planChange(noted, now))).toEqual(["lint: nothing changes"]);
  });

  test("to another signer is nothing to a twin, which issues its certificates itself", () => {
    const other = topologyWith({ "clusters.edge.tls": { issuer: "local" } });
    expect(planChange(topologyWith({}), other).forbidden).toMatchObject([{ at: "clusters.edge.tls.issuer" }]);
    expect(planChange(topologyWith({}), other, { onPlatform: false }).forbidden).toEqual([]);
  });
});

test("another connection of a network to AWS is said, although no server has anything of it", () => {
  const { others } = plan(
    { "clusters.core.platform": onEcs },
    { "clusters.core.platform": { ...onEcs, network: { egress: "endpoints" } } },
  );
  expect(others).toEqual([{ at: "clusters.core.platform.network", what: "it is about what surrounds the servers" }]);
});

test("a partner whose certificate the callout judges is one of those whom it admits, for as long", () => {
  const own = partner({ certificate: "own" });
  const told = { at: "identity.leafs", what: "the callout's responders are replaced" };
  expect(plan({}, own).others).toContainEqual(told);
  const gone = plan(own, {});
  expect(gone.others).toContainEqual(told);
  expect(gone.narrowed).toMatchObject([{ at: "user leaf-partner-APP", what: ["everything"], keptMs: 3_600_000 }]);
});

test("the first deployment starts every server, and makes every stream", () => {
  const first = planChange(undefined, topologyWith({}));
  expect(effects(first)).toEqual(everywhere("start"));
  expect(first.streams).toEqual([
    {
      stream: "ORDERS",
      cluster: "core",
      account: "APP",
      effect: "create",
      fields: [],
    },
  ]);
  expect(planExitCode(first)).toBe(2);
});

test("whatever an environment is, it does not differ from itself, nor from what was stored of it", () => {
  fc.assert(
    fc.property(accepted, (environment) => {
      const topology = buildTopology(environment);
      const stored = JSON.parse(JSON.stringify(topology)) as Topology;
      for (const before of [topology, stored]) {
        const none = planChange(before, topology);
        expect(changeLines(none)).toEqual([`${environment.name}: nothing changes`]);
        expect(planExitCode(none)).toBe(0);
      }
    }),
    { numRuns: 30 },
  );
});

test("a certificate that is due is part of a deployment's change, and of no server that has none of that name", () => {
  const topology = topologyWith({});
  const of = (renewed: Record<string, Record<string, string>>) =>
    changeOf([{ topology }], topology, ["core"], { renewed });
  const plan = of({ core: { routes: "another authority signed it", unknown: "x" } });
  expect(effects(plan)).toEqual(all("core", "reload"));
  expect(plan.servers[0]?.reasons).toEqual([
    { at: "certificates.routes", effect: "reload", why: "it is issued again: another authority signed it" },
  ]);
  expect(planExitCode(plan)).toBe(2);
  expect(effects(of({}))).toEqual({});
});

describe("a key that nobody has measured", () => {
  const unmeasured = plan({}, chart({ config: { gateway: { merge: { name: "lint-edge" } } } }));

  test("is a restart, never a reload, and named", () => {
    expect(effects(unmeasured)).toEqual(all("edge", "restart"));
    expect(unknownKeys(unmeasured)).toEqual(["gateway"]);
    expect(changeLines(unmeasured).join("\n")).toContain("never measured: it has to be acknowledged");
  });

  test.each<[string, object]>([
    ["config.patch", { patch: [{ op: "add", path: "/x", value: 1 }] }],
    ["config.cluster.patch", { cluster: { patch: [{ op: "add", path: "/x", value: 1 }] } }],
    ["config.cluster.tls", { cluster: { tls: { merge: { handshake_first: true } } } }],
    ["config.nats", { nats: { tls: { merge: { handshake_first: true } } } }],
  ])("may be changed by %s: nobody looks into that", (place, config) => {
    const unknown = plan({}, chart({ config }));
    expect(effects(unknown)).toEqual(all("edge", "restart"));
    expect(unknownKeys(unknown)).toEqual([`platform.chart.values.${place}`]);
  });

  test("is one that does not stand in the matrix, and no other", () => {
    expect(unknownKeys(plan({}, chart({ config: { merge: { max_pending: 5 } } })))).toEqual([]);
    expect(unknownKeys(plan({}, chart({ config: { merge: { no_auth_user: "me" } } })))).toEqual(["no_auth_user"]);
    expect(reloadMatrix.no_auth_user).toBeUndefined();
  });
});

test("each key of a configuration that natsform writes is known", () => {
  fc.assert(
    fc.property(accepted, accepted, (a, b) => {
      const before = buildTopology({ ...a, name: "same" });
      const after = buildTopology({ ...b, name: "same" });
      const unknown = unknownKeys(planChange(before, after));
      expect(unknown.filter((key) => !key.startsWith("platform.chart.values"))).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

describe("who has to reconnect", () => {
  const disconnects = ({ servers }: ChangePlan, name = "core-0") =>
    servers.find(({ server }) => server === name)?.disconnects;

  test("a reload: whom the callout admitted", () => {
    expect(disconnects(plan({}, { "nats.maxPayload": "2MiB" }))).toEqual([
      "users and services that the callout admitted",
    ]);
  });
  test("fewer connections: the clients beyond", () => {
    expect(disconnects(plan({}, { "nats.maxConnections": 100 }))).toContain("clients beyond 100 connections");
  });
  test("a restart: everybody", () => {
    expect(disconnects(plan({}, { "nats.version": "2.14.5" }))).toEqual([
      "everybody who is connected to it, moved away in lame duck mode",
    ]);
  });
  test("nothing: nobody", () => {
    expect(disconnects(plan({}, {}))).toEqual([]);
  });
});

describe("what is lost", () => {
  const stream = (fields: object) => ({
    streams: [{ name: "S", cluster: "core", subjects: ["s.>"], replicas: 3, ...fields }],
  });
  const lost = (before: Changes, after: Changes) => plan(before, after).losses.map(({ name, at }) => `${name} ${at}`);
  const consumer = (fields: object) => stream({ consumers: [{ name: "c", ...fields }] });

  test.each<[string, Changes, Changes, string[]]>([
    ["a limit that comes to be", stream({}), stream({ maxMessages: 10 }), ["S streams.S.maxMessages"]],
    ["a lower one", stream({ maxAge: "2d" }), stream({ maxAge: "1d" }), ["S streams.S.maxAgeMs"]],
    ["a higher one", stream({ maxAge: "1d" }), stream({ maxAge: "2d" }), []],
    ["one of a stream that refuses", stream({ discard: "new" }), stream({ discard: "new", maxBytes: "1MiB" }), []],
    [
      "a limit of each subject",
      stream({}),
      stream({ maxMessagesPerSubject: 1 }),
      ["S streams.S.maxMessagesPerSubject"],
    ],
    ["copies", stream({}), stream({ replicas: 1 }), ["S streams.S.replicas"]],
    ["another storage", stream({}), stream({ storage: "memory" }), ["S streams.S.storage"]],
    ["retention", stream({}), stream({ retention: "interest" }), ["S streams.S.retention"]],
    ["subjects, which stay as they are stored", stream({}), stream({ subjects: ["t.>"] }), []],
    ["a stream that is taken out: it stays", stream({}), { streams: [] }, []],
    ["a consumer's kind", consumer({}), consumer({ ackPolicy: "all" }), ["S/c streams.S.consumers.c.ackPolicy"]],
    ["a consumer's limits", consumer({}), consumer({ maxDeliver: 5 }), []],
    ["an account", { streams: [] }, { streams: [], accounts: { APP: {} } }, ["OTHER accounts.OTHER"]],
    [
      "an account's JetStream",
      { streams: [] },
      { streams: [], "accounts.OTHER": { jetstream: { enabled: false } } },
      ["OTHER accounts.OTHER.jetstream"],
    ],
    ["a cluster", { ...stream({}), "clusters.more": more }, stream({}), ["more clusters.more"]],
    [
      "memory of a server that is restarted, where it is the only one",
      stream({ replicas: 1, storage: "memory" }),
      {
        ...stream({ replicas: 1, storage: "memory" }),
        "nats.version": "2.14.5",
      },
      ["S streams.S.replicas"],
    ],
    [
      "the same where it reloads",
      stream({ replicas: 1, storage: "memory" }),
      {
        ...stream({ replicas: 1, storage: "memory" }),
        "nats.maxPayload": "2MiB",
      },
      [],
    ],
    [
      "a disk that is a task's",
      { ...stream({ replicas: 1 }), "clusters.core.platform": onEcs },
      {
        ...stream({ replicas: 1 }),
        "clusters.core.platform": onEcs,
        "nats.version": "2.14.5",
      },
      ["S streams.S.replicas"],
    ],
    [
      "one that outlives its server",
      stream({ replicas: 1 }),
      { ...stream({ replicas: 1 }), "nats.version": "2.14.5" },
      [],
    ],
    [
      "servers that go with all replicas",
      { ...stream({ replicas: 1 }), "clusters.core.size": 5 },
      stream({ replicas: 1 }),
      ["S streams.S.replicas"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(lost(before, after)).toEqual(expected);
  });

  test("is allowed by name, and only what is named", () => {
    const two = plan(stream({}), {
      ...stream({ maxMessages: 10 }),
      accounts: { APP: {} },
    });
    expect(unallowedLosses(two).map(({ name }) => name)).toEqual(["S", "OTHER"]);
    expect(unallowedLosses(two, ["S"]).map(({ name }) => name)).toEqual(["OTHER"]);
  });
});

describe("rights that are taken away", () => {
  const services = (fields: object) => ({
    "identity.services": { api: { account: "APP", ...fields } },
  });
  const rule = (fields: object) => ({
    "identity.permissions": [{ account: "APP", ...fields }],
  });
  const wide = { publish: { allow: ["a.>"] }, subscribe: { allow: ["b.*"] } };
  const narrowed = (before: Changes, after: Changes) =>
    plan(before, after).narrowed.map(({ at, what, keptMs }) => [at, what.join("; "), keptMs]);

  test.each<[string, Changes, Changes, unknown[]]>([
    [
      "a part of a subject",
      services(wide),
      services({ ...wide, publish: { allow: ["a.b"] } }),
      [["identity.services.api", "publish a.>", 3_600_000]],
    ],
    ["more", services(wide), services({ ...wide, publish: { allow: [">"] } }), []],
    [
      "a denial",
      services(wide),
      services({ ...wide, publish: { allow: ["a.>"], deny: ["a.b"] } }),
      [["identity.services.api", "publish a.b", 3_600_000]],
    ],
    [
      "a denial of what nobody had",
      services(wide),
      services({ ...wide, publish: { allow: ["a.>"], deny: ["c"] } }),
      [],
    ],
    ["the service", services(wide), { "identity.services": {} }, [["identity.services.api", "everything", 3_600_000]]],
    [
      "answers",
      services({ ...wide, allowResponses: true }),
      services(wide),
      [["identity.services.api", "answers to requests", 3_600_000]],
    ],
    [
      "a rule",
      rule(wide),
      rule({ publish: { allow: ["c"] } }),
      [["identity.permissions[0]", "publish a.>; subscribe b.*", 3_600_000]],
    ],
    [
      "a rule that another one makes up for",
      rule(wide),
      {
        "identity.permissions": [
          { account: "APP", publish: { allow: ["a.>"] } },
          { account: "APP", subscribe: { allow: ["b.*"] } },
        ],
      },
      [],
    ],
    [
      "nothing, where two rules for the same users stay",
      {
        "identity.permissions": [
          { account: "APP", publish: { allow: ["a"] } },
          { account: "APP", publish: { deny: [">"] } },
        ],
      },
      {
        "identity.permissions": [
          { account: "APP", publish: { allow: ["a"] } },
          { account: "APP", publish: { deny: [">"] } },
        ],
      },
      [],
    ],
    ["tokens", {}, { "identity.oidc.audience": "other" }, [["identity.oidc", "tokens by another audience", 3_600_000]]],
    [
      "until when: what was allowed before",
      { ...services(wide), "identity.maxLifetime": "5m" },
      services({}),
      [["identity.services.api", "publish a.>; subscribe b.*", 300_000]],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(narrowed(before, after)).toEqual(expected);
  });
});

describe("what no single step leads to", () => {
  const streams = (fields: object) => ({
    streams: [
      {
        name: "S",
        cluster: "core",
        subjects: ["s.>"],
        replicas: 3,
        maxBytes: "1GiB",
        ...fields,
      },
    ],
  });
  const five = { "clusters.core.size": 5, ...streams({ replicas: 5 }) };

  test.each<[string, Changes, Changes, string[]]>([
    ["another name of all", {}, { name: "other" }, ["name"]],
    ["another region", {}, { "clusters.core.platform.region": "eu-central-1" }, ["clusters.core.platform.region"]],
    ["another platform", {}, { "clusters.core.platform": onEcs }, ["clusters.core.platform.kind"]],
    ["servers below replicas", five, streams({}), ["clusters.core.size"]],
    ["servers, where replicas allow it", { ...five, ...streams({}) }, streams({}), []],
    [
      "disks below what streams reserve",
      streams({}),
      {
        ...streams({ maxBytes: "512MiB" }),
        "clusters.core.jetstream.file": "768MiB",
      },
      ["clusters.core.jetstream.file"],
    ],
    ["disks that still hold it", streams({}), { ...streams({}), "clusters.core.jetstream.file": "1GiB" }, []],
    [
      "an account's limit below it",
      streams({}),
      { ...streams({}), "accounts.APP": { jetstream: { maxFile: "2GiB" } } },
      ["accounts.APP.jetstream.maxFile"],
    ],
    [
      "a server that was alone",
      { ...streams({ replicas: 1 }), "clusters.core.size": 1 },
      streams({ replicas: 1 }),
      ["clusters.core.size"],
    ],
  ])("%s", (_, before, after, expected) => {
    const found = plan(before, after);
    expect(found.forbidden.filter(({ at }) => !at.endsWith("natsName")).map(({ at }) => at)).toEqual(expected);
    expect(planExitCode(found)).toBe(expected.length > 0 ? 3 : 2);
    for (const { steps } of found.forbidden) expect(steps).toMatch(/first|keep|make/);
  });

  test("another operator, where its key is known", () => {
    const topology = topologyWith({ "identity.mode": "operator" });
    const trust = (publicKey: string) => ({
      environment: "lint",
      example: true,
      issuer: "A",
      xkey: "X",
      users: Object.fromEntries(topology.identity.users.map(({ name }) => [name, name])),
      operator: { publicKey, jwt: publicKey },
      accounts: Object.fromEntries(
        topology.identity.accounts.map(({ name }) => [name, { publicKey: name, jwt: name }]),
      ),
      sentinel: "s",
    });
    expect(planChange(topology, topology, { trust: { before: trust("O1"), after: trust("O1") } }).forbidden).toEqual(
      [],
    );
    const [other] = planChange(topology, topology, { trust: { before: trust("O1"), after: trust("O2") } }).forbidden;
    expect(other).toMatchObject({
      at: "trust.operator",
      message: expect.stringContaining("O2"),
    });
  });
});

describe("a twin", () => {
  const twin = (after: Changes) => planChange(topologyWith({}), topologyWith(after), { onPlatform: false });

  test("has no pods, and takes no values of the chart", () => {
    expect(effects(twin({ "clusters.edge.platform.cpu": 1, "clusters.core.platform.dnsTtlSeconds": 20 }))).toEqual({});
    expect(effects(twin(chart({ config: { merge: { max_closed_clients: 5 } } })))).toEqual({});
    expect(twin({ "clusters.core.platform.region": "eu-central-1" }).forbidden).toEqual([]);
  });

  test("is told the same as servers on the platform", () => {
    expect(effects(twin({ "nats.maxPayload": "2MiB" }))).toEqual(everywhere("reload"));
    expect(twin({ "clusters.core.natsName": "other" }).forbidden.map(({ at }) => at)).toEqual([
      "clusters.core.natsName",
    ]);
  });
});

test("a plan for people", () => {
  const text = changeLines(
    plan(
      {},
      {
        "nats.maxPayload": "2MiB",
        "clusters.core.natsName": "other",
        "identity.services": {},
      },
    ),
  ).join("\n");
  expect(text).toMatchInlineSnapshot(`
    "servers:
      core-0, core-1, core-2: rolling restart
        max_payload: reload
        cluster.name: rolling restart: the servers that are asked one after another would be two clusters meanwhile
        has to reconnect: everybody who is connected to it, moved away in lame duck mode
      edge-0, edge-1, edge-2: reload
        max_payload: reload
        has to reconnect: users and services that the callout admitted
      mesh-dk, mesh-no, mesh-se: reload
        max_payload: reload
        has to reconnect: users and services that the callout admitted
    besides:
      identity.services: the callout's responders are replaced
    rights that are taken away:
      identity.services.api: service api: everything
        who is connected keeps it for 1h at most; --disconnect ends it at once
    not possible in one step:
      clusters.core.natsName: servers of core call their cluster lint-core; one that is restarted as other is cut off by the others
        keep natsName: "lint-core"; or make a second cluster, bring its streams there from a backup, and take core out"
  `);
});

test("one server that becomes several, and several that become one, lose what programs have stored by themselves", () => {
  const size = (count: number) => ({
    "clusters.edge.size": count,
    "clusters.edge.jetstream": { durability: "durable" },
  });
  const losses = (from: number, to: number) =>
    plan({ ...size(from), streams: [] }, { ...size(to), streams: [] }).losses.map(({ name, at }) => [name, at]);
  expect(losses(1, 3)).toEqual([["edge", "clusters.edge.size"]]);
  expect(losses(3, 1)).toEqual([["edge", "clusters.edge.size"]]);
  expect(losses(3, 5)).toEqual([]);
  expect(losses(5, 3)).toEqual([]);
});

import { formatPath, parseEnvironment } from "../../../model/config";
import { baseEnvironment, type Changes, changed } from "../../support/lint-environment";

/** Places and messages with their fixes. */
const found = (changes: Changes): string[] =>
  parseEnvironment(changed(changes)).problems.map(
    ({ path, message, fix }) => `${formatPath(path)} ${message}${fix ? `; ${fix}` : ""}`,
  );
const kubernetes = { platform: { kind: "kubernetes", flavor: "gke" } };
const machine = (name: string, n = 9) => ({ name, address: `192.0.2.${n}`, meshAddress: `10.9.0.${n}` });
const asked = { account: "APP", subject: "ask.*" };

test("the base environment passes every check", () => expect(found({})).toEqual([]));

const gateway = (routes: Record<string, object>, more: object = {}): Changes => ({
  "clusters.core.httpGateway": { routes, ...more },
});
const route = (path: string, subject: string, more: object = {}) => ({ kind: "publish", path, subject, ...more });

test("an HTTP gateway whose routes are apart passes every check", () => {
  const routes = {
    place: { kind: "stream", path: "/orders/{id}", subject: "orders.{sub}.{id}", stream: "ORDERS" },
    change: route("/orders/{id}", "orders.{sub}.{id}", { method: "PUT" }),
    lines: route("/orders/{id}/lines", "orders.{sub}.{id}.lines"),
    watch: { kind: "events", path: "/orders/{id}", subject: "orders.{sub}.{id}.>", stream: "ORDERS" },
  };
  expect(found(gateway(routes))).toEqual([]);
});

const mesh = {
  platform: { kind: "hosts", hosts: [{ name: "one", address: "192.0.2.9", meshAddress: "10.9.0.9" }] },
};
/** Services that natsform runs beside cluster core, and others. */
const running = (runs: object, name = "api", service: object = {}): Changes => ({
  [`identity.services.${name}`]: {
    account: "APP",
    ...service,
    runs: { cluster: "core", code: { kind: "node", entry: "services/api.ts" }, ...runs },
  },
});
const inRuns = "identity.services.api.runs";

test("services that are run pass every check, 22 of one list too", () => {
  const services = Array.from({ length: 22 }, (_, i) =>
    running({ count: i, variables: { NUMBER: `${i}` } }, `no-${i}`),
  );
  expect(found(Object.assign({}, ...services))).toEqual([]);
  const uses = { consumers: ["ORDERS/fulfilment"] };
  const scale = { most: 10, backlog: { consumer: "ORDERS/fulfilment", perProcess: 100 } };
  expect(found(running({ count: 0, scale }, "worker", { uses }))).toEqual([]);
});

test.each<[string, Changes, string | RegExp]>([
  [
    "a cluster of a service that is not there",
    running({ cluster: "croe" }),
    `${inRuns}.cluster names no cluster of this environment; did you mean "core"?`,
  ],
  [
    "no cluster of a service among several",
    running({ cluster: undefined }),
    `${inRuns}.cluster is required where there are several clusters; one of core, edge, mesh`,
  ],
  [
    "fewer at most than at least",
    running({ count: 3, scale: { most: 2 } }),
    `${inRuns}.scale.most is less than count, the least: 3`,
  ],
  [
    "no process and no backlog",
    running({ count: 0, scale: { most: 2 } }),
    new RegExp(`^${inRuns}.count leaves nothing whose load`),
  ],
  [
    "a backlog of another's consumer",
    running({ scale: { most: 3, backlog: { consumer: "ORDERS/fulfilment", perProcess: 1 } } }),
    `${inRuns}.scale.backlog.consumer is no consumer that the service uses; add it to uses.consumers`,
  ],
  [
    "a file outside of the project",
    running({ code: { kind: "node", entry: "a/../../b.js" } }),
    new RegExp(`^${inRuns}.code.entry must be the path of a file below`),
  ],
  [
    "a file anywhere",
    running({ code: { kind: "binary", amd64: "/bin/sh" } }),
    new RegExp(`^${inRuns}.code.amd64 must be the path of a file below`),
  ],
  [
    "an image by tag alone",
    running({ code: { kind: "image", image: "api:1" } }),
    new RegExp(`^${inRuns}.code.image must be an image by tag and digest`),
  ],
  [
    "a variable of natsform's",
    running({ variables: { NATS_URL: "tls://a" } }),
    new RegExp(`^${inRuns}.variables.NATS_URL `),
  ],
  [
    "a time to stop of no whole seconds",
    running({ stopTimeout: "1500ms" }),
    `${inRuns}.stopTimeout must be whole seconds from 1s to 120s`,
  ],
  ...["streams", "backup", "auth-callout", "http-gateway-core", "oidc-issuer"].map(
    (name): [string, Changes, string] => [
      `a service called ${name}`,
      running({}, name),
      `identity.services.${name}.runs has the name of a program of natsform; rename one of both`,
    ],
  ),
  [
    "a service called as a server",
    running({}, "core-0"),
    "identity.services.core-0.runs has the name of a server of core; rename one of both",
  ],
  [
    "a service that joined with its cluster reads as another's program",
    { ...running({}, "two-streams"), "clusters.core-two": mesh },
    "identity.services.two-streams.runs is called core-two-streams, as a program of core-two is; rename one of both",
  ],
  [
    "two services that joined with their clusters read the same",
    {
      ...running({ cluster: "core-a" }, "b"),
      ...running({}, "a-b"),
      "clusters.core-a": mesh,
    },
    "identity.services.a-b.runs is called core-a-b, as service b beside core-a is; rename one of both",
  ],
  [
    "a service whose joined name AWS does not take",
    {
      ...running({ cluster: "a-cluster-with-25-letters" }, "a-service-with-a-name-of-32-char"),
      "clusters.a-cluster-with-25-letters": {
        platform: { kind: "aws-ecs", region: "us-east-1", domain: "a.example.com" },
      },
    },
    /^identity.services.a-service-with-a-name-of-32-char.runs is too long with the names of environment and cluster/,
  ],
  [
    "an HTTP gateway's account",
    gateway({ one: route("/a", "a.b") }, { account: "OTHRE" }),
    'clusters.core.httpGateway.account names no account of this environment; did you mean "OTHER"?',
  ],
  [
    "a route's stream of another account",
    gateway({ one: route("/a", "orders.a", { kind: "stream", stream: "ORDERS" }) }, { account: "OTHER" }),
    /^clusters.core.httpGateway.routes.one.stream names no stream of account OTHER on cluster core/,
  ],
  [
    "a parameter that the subject does not have",
    gateway({ one: route("/a/{id}", "a.b") }),
    "clusters.core.httpGateway.routes.one.path has {id}, and the subject has not",
  ],
  [
    "a placeholder that the path does not have",
    gateway({ one: route("/a", "a.{id}") }),
    /^clusters.core.httpGateway.routes.one.subject has {id}, and the path has not/,
  ],
  [
    "another caller's name in a path",
    gateway({ one: route("/a/{sub}", "a.{sub}") }),
    /^clusters.core.httpGateway.routes.one.path has {sub}, which is the caller's own/,
  ],
  [
    "a parameter twice",
    gateway({ one: route("/a/{id}/{id}", "a.{id}") }),
    "clusters.core.httpGateway.routes.one.path has {id} twice",
  ],
  [
    "a path of the gateway's own",
    gateway({ one: route("/{file}", "a.{file}") }),
    "clusters.core.httpGateway.routes.one.path is a path of the gateway itself",
  ],
  [
    "two routes that some request matches",
    gateway({ one: route("/a/{id}", "a.{id}"), two: route("/{kind}/b", "b.{kind}") }),
    /^clusters.core.httpGateway.routes.two.path overlaps \/a\/{id} of route one/,
  ],
  [
    "a public name outside of the zone that proves it",
    gateway({ one: route("/a", "a.b") }, { hostname: "api.example.com" }),
    "clusters.core.httpGateway.hostname is not in the platform's domain core.example.com",
  ],
  [
    "the servers' public name",
    gateway({ one: route("/a", "a.b") }, { hostname: "nats.core.example.com" }),
    "clusters.core.httpGateway.hostname is the name of the servers",
  ],
  [
    "a front where a balancer is there anyway",
    gateway({ one: route("/a", "a.b") }, { front: { kind: "ingress" } }),
    "clusters.core.httpGateway.front is for Kubernetes alone, and aws-ec2 does not read it; leave it out: a balancer is always there",
  ],
  [
    "a balancer in one zone",
    {
      ...gateway({ one: route("/a", "a.b") }),
      "clusters.core.platform": { kind: "aws-ecs", region: "eu-west-1", domain: "core.example.com", zones: ["a"] },
    },
    'clusters.core.platform.zones is one zone, and the HTTP gateway\'s balancer takes two; for example ["a", "b"]',
  ],
  [
    "a front that has no name to serve",
    {
      ...gateway({ one: route("/a", "a.b") }, { front: { kind: "ingress" } }),
      "clusters.core.platform": kubernetes.platform,
    },
    "clusters.core.httpGateway.hostname is required by front, which serves one name; for example api.example.com; or set platform.domain",
  ],
  [
    "a web ACL where no balancer of AWS is",
    {
      ...gateway(
        { one: route("/a", "a.b") },
        { webAcl: "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/one/0a1b" },
      ),
      "clusters.core.platform": kubernetes.platform,
    },
    "clusters.core.httpGateway.webAcl guards a balancer of AWS, and there is none here; leave it out; on EKS, choose an Ingress as front",
  ],
  [
    "a header that is an order to servers",
    gateway({ one: route("/a", "a.b", { requestHeaders: ["nats-Rollup"] }) }),
    /^clusters.core.httpGateway.routes.one.requestHeaders\[0\] must be a header that may be handed on: not Nats-/,
  ],
  [
    "a header of the login",
    gateway({ one: route("/a", "a.b", { requestHeaders: ["Authorization"] }) }),
    /^clusters.core.httpGateway.routes.one.requestHeaders\[0\] must be a header that may be handed on/,
  ],
  [
    "a path that a proxy would rewrite",
    gateway({ one: route("/a/../b", "a.b") }),
    /^clusters.core.httpGateway.routes.one.path must be a path such as/,
  ],
  [
    "a first token that a caller chooses",
    gateway({ one: route("/a/{id}", "{id}.b") }),
    /^clusters.core.httpGateway.routes.one.subject must be a subject that begins with a literal token/,
  ],
  ["no cluster", { clusters: {}, streams: [] }, "clusters must hold at least one cluster"],
  [
    "a vulnerable version",
    { "nats.version": "2.14.3" },
    /^nats.version has published vulnerabilities: .*; use 2.14.4 or later$/,
  ],
  [
    "an unknown version",
    { "nats.version": "2.16.0" },
    "nats.version is outside of what natsform describes, 2.10 to 2.15",
  ],
  [
    "a key for a bucket that is none of S3's",
    { "clusters.core.backup": { to: "gs://b/x", kmsKey: "arn:aws:kms:eu-west-1:123456789012:key/1" } },
    "clusters.core.backup.kmsKey is of S3; gs://b/x is none; leave it out",
  ],
  [
    "a key of another region than the bucket",
    {
      "clusters.core.backup": {
        to: "s3://b/x",
        region: "eu-central-1",
        kmsKey: "arn:aws:kms:eu-west-1:123456789012:key/1",
      },
    },
    /^clusters.core.backup.kmsKey is a key of eu-west-1; .* the bucket's own region, eu-central-1/,
  ],
  ["an account of natsform", { "accounts.AUTH": {} }, /^accounts.AUTH is one of natsform's own accounts/],
  [
    "an account that is not there",
    { "identity.permissions[1].account": "OTHRE" },
    'identity.permissions[1].account names no account of this environment; did you mean "OTHER"?',
  ],
  [
    "a service's account",
    { "identity.services.api.account": "NOPE_NOPE" },
    "identity.services.api.account names no account of this environment; known: APP, OTHER",
  ],
  [
    "a stream's account, by default APP",
    {
      accounts: { OTHER: {} },
      "identity.permissions": [{ account: "OTHER" }],
      "identity.services": {},
      "clusters.edge.leafOf.accounts": ["OTHER"],
    },
    /^streams\[0\].account names no account/,
  ],
  [
    "a link's account",
    { "clusters.edge.leafOf.accounts": ["APP", "NOPE_NOPE"] },
    /^clusters.edge.leafOf.accounts\[1\] names no account/,
  ],
  [
    "an export of no kind",
    { "accounts.OTHER.exports": [{}] },
    "accounts.OTHER.exports[0] must have exactly one of service and stream",
  ],
  [
    "an import of both kinds",
    { "accounts.OTHER.imports": [{ service: asked, stream: asked }] },
    "accounts.OTHER.imports[0] must have exactly one of service and stream",
  ],
  [
    "an import of no account that is there",
    { "accounts.OTHER.imports": [{ service: { account: "APPS", subject: "ask.*" } }] },
    'accounts.OTHER.imports[0].service.account names no account of this environment; did you mean "APP"?',
  ],
  [
    "an import of the account itself",
    { "accounts.OTHER.imports": [{ stream: { account: "OTHER", subject: "news.>" } }] },
    "accounts.OTHER.imports[0].stream.account is the account itself",
  ],
  [
    "an export to no account that is there",
    { "accounts.APP.exports": [{ service: "ask.*", accounts: ["OTHRE"] }] },
    'accounts.APP.exports[0].accounts[0] names no account of this environment; did you mean "OTHER"?',
  ],
  [
    "a subject here with other wildcards",
    { "accounts.OTHER.imports": [{ service: asked, to: "app.*.>" }] },
    "accounts.OTHER.imports[0].to must have the wildcards of ask.* in their order",
  ],
  [
    "answers to what is heard",
    { "accounts.APP.exports": [{ stream: "news.>", response: "stream" }] },
    "accounts.APP.exports[0].response is of services: a stream is not answered",
  ],
  [
    "an export that is there twice",
    { "accounts.APP.exports": [{ service: "ask.*" }, { stream: "ask.*" }, { service: "ask.*", accounts: ["OTHER"] }] },
    "accounts.APP.exports[2] is exported twice",
  ],
  [
    "an import that is there twice",
    { "accounts.OTHER.imports": [{ service: asked }, { service: asked, to: "app.*" }, { service: asked }] },
    "accounts.OTHER.imports[2] is imported twice",
  ],
  [
    "a stream's cluster",
    { "streams[0].cluster": "cors" },
    'streams[0].cluster names no cluster of this environment; did you mean "core"?',
  ],
  [
    "a cluster without JetStream",
    { "streams[0].cluster": "edge" },
    "streams[0].cluster names a cluster without JetStream; add clusters.edge.jetstream",
  ],
  [
    "more replicas than servers",
    { "clusters.core.size": 1 },
    "streams[0].replicas R3 needs 3 servers; cluster core has 1; use at most 1, or more servers",
  ],
  [
    "more replicas than hosts",
    { "streams[0].cluster": "mesh", "streams[0].replicas": 5 },
    /^streams\[0\].replicas R5 needs 5 servers; cluster mesh has 3/,
  ],
  [
    "a consumer with more replicas than its stream",
    { "streams[0].consumers[0].replicas": 5 },
    "streams[0].consumers[0].replicas is more than the stream's 3",
  ],
  [
    "two streams of one name",
    { "streams[1]": { name: "ORDERS", cluster: "core", subjects: ["x"] } },
    "streams[1].name is the same stream as in entry 0",
  ],
  [
    "two consumers of one name",
    { "streams[0].consumers[1]": { name: "fulfilment" } },
    "streams[0].consumers[1].name is the same consumer as in entry 0",
  ],
  [
    "two hosts of one name",
    { "clusters.mesh.platform.hosts[2].name": "no" },
    "clusters.mesh.platform.hosts[2].name is the same name as in entry 1",
  ],
  [
    "two hosts of one address",
    { "clusters.mesh.platform.hosts[2].meshAddress": "10.9.0.1" },
    "clusters.mesh.platform.hosts[2].meshAddress is the same address as in entry 0",
  ],
  [
    "two servers of one name, on hosts",
    {
      "clusters.mesh-dk": { platform: { kind: "hosts", hosts: [machine("a")] } },
      "clusters.mesh.platform.hosts[2].name": "dk-a",
    },
    "clusters.mesh-dk.platform.hosts[0].name names a server mesh-dk-a, as cluster mesh does; rename one of both",
  ],
  [
    "two servers of one name, by ordinal",
    { "clusters.mesh-dk": kubernetes, "clusters.mesh.platform.hosts[2].name": "dk-2" },
    "clusters.mesh-dk names a server mesh-dk-2, as cluster mesh does; rename one of both",
  ],
  [
    "a size that is not the number of hosts",
    { "clusters.mesh.size": 5 },
    "clusters.mesh.size must be the number of hosts, 3; leave it out",
  ],
  [
    "a link to itself",
    { "clusters.edge.leafOf.cluster": "edge" },
    "clusters.edge.leafOf.cluster is the cluster itself",
  ],
  [
    "a link to nothing",
    { "clusters.edge.leafOf.cluster": "corr" },
    'clusters.edge.leafOf.cluster names no cluster of this environment; did you mean "core"?',
  ],
  [
    "a link to no hub",
    { "clusters.core.leafHub": false },
    "clusters.edge.leafOf.cluster does not accept leaf nodes; set clusters.core.leafHub to true",
  ],
  [
    "a domain that is a word of JetStream's own",
    { "clusters.core.jetstream": { domain: "API" } },
    /^clusters.core.jetstream.domain is a word of JetStream's own/,
  ],
  [
    "a hub of the same domain",
    { "clusters.edge.jetstream": { domain: "core" } },
    /^clusters.edge.jetstream.domain is the JetStream domain of hub core too/,
  ],
  [
    "Vault without a role",
    { "clusters.core.tls": { issuer: "vault", mount: "pki" } },
    "clusters.core.tls.role is required when Vault issues certificates; for example nats-cluster",
  ],
  [
    "Vault with a role that is undefined",
    { "clusters.core.tls": { issuer: "vault", mount: "pki", role: undefined } },
    /^clusters.core.tls.role is required/,
  ],
  [
    "an issuer of AWS elsewhere",
    { "clusters.edge.tls": { issuer: "acm-pca" } },
    "clusters.edge.tls.issuer runs on AWS only; the platform is kubernetes; use vault or local",
  ],
  [
    "a condition that says nothing",
    { "identity.permissions[1].when[0]": { claim: "a" } },
    "identity.permissions[1].when[0] must have exactly one of equals and includes",
  ],
  [
    "a condition that says nothing, as undefined",
    { "identity.permissions[1].when[0]": { claim: "a", equals: undefined } },
    "identity.permissions[1].when[0] must have exactly one of equals and includes",
  ],
  [
    "a condition that says two things",
    { "identity.permissions[1].when[0]": { claim: "a", equals: 1, includes: "x" } },
    "identity.permissions[1].when[0] must have exactly one of equals and includes",
  ],
])("%s is refused", (_, changes, expected) => {
  const problems = found(changes);
  expect(problems).toHaveLength(1);
  if (typeof expected === "string") expect(problems[0]).toBe(expected);
  else expect(problems[0]).toMatch(expected);
});

test("what is left undefined counts as left out", () => {
  expect(found({ "identity.permissions[1].when[0]": { claim: "a", equals: undefined, includes: "x" } })).toEqual([]);
  expect(found({ "clusters.core.leafOf": undefined, accounts: undefined, "streams[0].account": undefined })).toEqual(
    [],
  );
});

test.each([
  ["nats.metadata", { region: "eu" }, "2.11.0", "server_metadata"],
  ["nats.featureFlags", { js_ack_fc_v2: true }, "2.12.9", "feature_flags"],
  ["nats.proxyProtocol", true, "2.12.1", "proxy_protocol"],
  ["clusters.core.jetstream.maxConcurrentIo", 64, "2.14.4", "jetstream.max_concurrent_io"],
])("%s needs a server that knows it", (place, value, version, key) => {
  const problems = found({ [place]: value, "nats.version": version });
  expect(problems).toContain(
    `${place} nats-server ${version} does not know ${key} and would not start; remove it, or pin a newer version`,
  );
  expect(found({ [place]: value, "nats.version": "2.15.0" })).toEqual([]);
});

test("a circle of leaf nodes is found, however long it is", () => {
  const link = (cluster: string) => ({ ...kubernetes, leafHub: true, leafOf: { cluster } });
  const problems = found({ "clusters.a": link("b"), "clusters.b": link("c"), "clusters.c": link("a") });
  expect(problems).toEqual(
    ["a", "b", "c"].map((name) => expect.stringMatching(`^clusters.${name}.leafOf.cluster closes a circle`)),
  );
  // One that only leads into a circle is not in it.
  expect(found({ "clusters.a": link("b"), "clusters.b": link("a"), "clusters.d": link("a") })).toHaveLength(2);
});

test("one wrong part does not make others wrong: what cannot be read is passed over", () => {
  for (const [place, value] of [
    ["accounts", null],
    ["clusters", []],
    ["nats", 5],
    ["nats.version", "new"],
    ["streams", "ORDERS"],
    ["identity", null],
    ["clusters.core.size", "three"],
  ] as const)
    expect(found({ "nats.metadata": { a: "b" }, [place]: value })).toHaveLength(1);
});

test("an entry that is no stream names no account", () => {
  const others = { accounts: { OTHER: {} }, "identity.permissions": [{ account: "OTHER" }], "identity.services": {} };
  expect(found({ ...others, "clusters.edge.leafOf.accounts": ["OTHER"], streams: [null] })).toEqual([
    "streams[0] must be an object",
  ]);
});

test("streams of one name may stand in different clusters or accounts", () => {
  const twin = { ...baseEnvironment.streams?.[0], subjects: ["x"], consumers: [] };
  expect(found({ "streams[1]": { ...twin, cluster: "mesh" }, "streams[2]": { ...twin, account: "OTHER" } })).toEqual(
    [],
  );
});

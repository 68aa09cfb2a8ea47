import fc from "fast-check";
import { pinned } from "./lint-environment";

/** Environments of every shape that the schema may accept; about half of them it does. Callers keep those. */

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
/** What makes most others wrong. */
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const some = <T>(value: fc.Arbitrary<T>, maxLength = 3) => fc.array(value, { maxLength });

const token = pick("a", "b", "orders", "*", "$JS", "$SYS", "API", "ACK", "_INBOX", "STREAM", "DELETE", "é");
const joined = (tokens: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.array(tokens, { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([parts, open]) => [...parts, ...(open ? [">"] : [])].join("."));
const subject = fc.oneof({ arbitrary: joined(token), weight: 9 }, { arbitrary: fc.constant(">"), weight: 1 });
const template = fc.oneof(
  { arbitrary: joined(fc.oneof(token, pick("{sub}", "{realm.id}", "{jti}"))), weight: 9 },
  { arbitrary: fc.constant(">"), weight: 1 },
);
const size = pick("0B", "1KiB", "512MiB", "1GiB", "7GiB", "64MiB", "100GiB", "9TiB");
const duration = pick("0s", "1ms", "50ms", "30s", "2m", "1h", "25h", "30d", "800d");
const tag = pick("territory:dk", "territory:no", "az:x", "disk:ssd", "country:dk");
const clusterName = pick("core", "edge", "mesh", "a-b");
const account = pick("APP", "OTHER");

const aws = {
  region: pick("eu-west-1", "us-east-1"),
  domain: pick("one.example.com", "two.example.com"),
  zones: optional(fc.array(pick("a", "b", "c"), { minLength: 1, maxLength: 4 })),
  access: optional(pick("public", "vpc")),
  monitoring: optional(fc.record({ from: some(pick("sg-0a1b2c3d", "10.0.0.0/16", "0.0.0.0/0")) })),
};
const platform = fc.oneof(
  fc.record({
    kind: fc.constant("aws-ecs"),
    ...aws,
    cpu: optional(fc.oneof(pick(256, 1024, 16384), fc.integer({ min: 256, max: 16384 }))),
    memory: optional(size),
    storage: optional(pick("ephemeral", "efs")),
    stopTimeoutSeconds: optional(fc.integer({ min: 30, max: 120 })),
  }),
  fc.record({
    kind: fc.constant("aws-ec2"),
    ...aws,
    instanceType: optional(pick("m7g.large", "t4g.nano", "c7gn.12xlarge", "x2.odd", "i4i.metal")),
    volume: optional(fc.record({ size })),
  }),
  fc.record({
    kind: fc.constant("kubernetes"),
    flavor: pick("gke", "eks", "generic"),
    zones: optional(fc.integer({ min: 1, max: 6 })),
    domain: optional(pick("one.example.com")),
    chart: optional(fc.record({ version: pick("0.19.0", "2.14.2") })),
    terminationGraceSeconds: optional(fc.integer({ min: 30, max: 600 })),
  }),
  fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 5 }).chain((numbers) =>
    fc.record({
      kind: fc.constant("hosts"),
      hosts: fc.tuple(
        ...numbers.map((n) =>
          fc.record({
            name: fc.constant(`h${n}`),
            address: pick("192.0.2.1", "192.0.2.2", `192.0.2.${n + 10}`, "::1"),
            meshAddress: fc.constant(`10.9.0.${n}`),
            tags: some(tag),
          }),
        ),
      ),
    }),
  ),
);

const route = fc.record({
  kind: pick("request", "publish", "stream", "events"),
  path: pick("/a", "/"),
  subject: pick("orders.{sub}.a", "user.a", "$SYS.a"),
});

const cluster = fc.record({
  platform,
  natsName: optional(pick("same")),
  jetstream: fc.option(
    fc.record({
      memory: optional(size),
      file: optional(size),
      durability: optional(pick("standard", "durable")),
      domain: optional(pick("same")),
      uniqueTag: optional(pick("az:", "territory:", "none:")),
      storageClass: optional(fc.record({ regional: fc.boolean() })),
    }),
    { nil: undefined, freq: 8 },
  ),
  tls: optional(fc.record({ issuer: optional(pick("local")), ttl: duration })),
  websocket: optional(
    fc.record({
      allowedOrigins: some(pick("http://a.example", "https://b.example/", "http://[::1]:1", "http://localhost")),
    }),
  ),
  httpGateway: optional(fc.record({ routes: fc.record({ one: route }) })),
  leafHub: fc.boolean(),
  leafOf: optional(fc.record({ cluster: clusterName, accounts: fc.array(account, { minLength: 1, maxLength: 3 }) })),
  tags: some(tag),
  backup: optional(
    fc.record({
      to: pick("s3://b/x", "gs://b/x", "file:///b"),
      encrypt: optional(fc.boolean()),
      locked: optional(fc.boolean()),
    }),
  ),
});

const consumer = fc.record({
  filterSubjects: some(subject),
  ackPolicy: optional(pick("explicit", "none", "all")),
  deliverPolicy: optional(pick("all", "new", "last", "last_per_subject")),
  replicas: optional(fc.integer({ min: 1, max: 3 })),
});

const stream = fc.record({
  cluster: clusterName,
  account: optional(account),
  subjects: fc.array(subject, { minLength: 1, maxLength: 4 }),
  storage: optional(pick("file", "memory")),
  replicas: fc.integer({ min: 1, max: 5 }),
  retention: optional(pick("limits", "interest", "workqueue")),
  maxAge: optional(duration),
  maxBytes: optional(size),
  maxMessagesPerSubject: optional(fc.constant(1)),
  duplicateWindow: optional(duration),
  placementTags: some(tag, 2),
  persistMode: optional(pick("default", "async")),
  denyPurge: fc.boolean(),
  allowRollup: fc.boolean(),
  examples: some(subject),
  consumers: some(consumer).map((list) => list.map((each, i) => ({ ...each, name: `c${i}` }))),
});

const lists = fc.record({ allow: some(template), deny: some(template) });
const grant = { account, publish: optional(lists), subscribe: optional(lists), allowResponses: optional(fc.boolean()) };
const runs = fc.record({
  cluster: clusterName,
  code: fc.constant({ kind: "image", image: pinned("example.com/api:1") }),
  count: optional(fc.integer({ min: 1, max: 3 })),
  stopTimeout: optional(pick("10s", "30s")),
});
const condition = fc.oneof(
  fc.record({ claim: pick("a", "b"), equals: pick<string | number | boolean>(1, "1", true) }),
  fc.record({ claim: pick("a", "b"), includes: pick("x", "y") }),
);

/** Without what is `undefined`: strict records take a key without a value for a wrong value in places. */
const compact = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

export const environments = fc
  .record({
    name: fc.constant("any"),
    nats: optional(
      fc.record({
        maxPayload: size,
        proxyProtocol: optional(fc.boolean()),
        featureFlags: optional(fc.dictionary(pick("js_ack_fc_v2", "odd name", "x.y"), fc.boolean())),
      }),
    ),
    identity: fc.record({
      mode: pick("callout", "operator"),
      oidc: fc.constant({ issuer: "https://tenant.eu.auth0.com/", audience: "api" }),
      permissions: fc.array(fc.record({ ...grant, when: some(condition) }), { minLength: 1, maxLength: 4 }),
      services: fc.dictionary(pick("api", "x-y"), fc.record({ ...grant, runs: seldom(runs) }), { maxKeys: 2 }),
      timeoutSeconds: optional(fc.integer({ min: 1, max: 30 })),
      maxLifetime: optional(duration),
      responders: optional(fc.integer({ min: 1, max: 10 })),
    }),
    accounts: fc.record({
      APP: fc.record({
        jetstream: optional(
          fc.record({ enabled: fc.boolean(), maxFile: optional(size), maxStreams: optional(pick(1)) }),
        ),
      }),
      OTHER: fc.constant({}),
    }),
    clusters: fc.dictionary(clusterName, cluster, { minKeys: 1, maxKeys: 4 }),
    streams: some(stream, 4).map((list) => list.map((each, i) => ({ ...each, name: `S${i}` }))),
    acknowledge: some(
      fc.record({
        rule: pick("stream-r2", "backup-missing", "stream-2r", "plan-rule", "acknowledgement-unused"),
        at: optional(pick("streams[0].replicas", "nowhere")),
        reason: fc.constant("because this is a test"),
        expires: pick("2026-01-01", "2028-01-01"),
      }),
    ),
  })
  .map(aimed)
  .map(compact);

interface Aimable {
  clusters: Record<
    string,
    {
      platform: object;
      jetstream?: unknown;
      leafHub: boolean;
      leafOf?: { cluster: string };
      httpGateway?: { routes: { one: { kind: string; stream?: string } } };
    }
  >;
  streams: { name: string; cluster: string; account?: string }[];
}

/** Points streams and links at clusters that can take them, so that most environments are legal. */
function aimed<T extends Aimable>(environment: T): T {
  const { clusters, streams } = environment;
  const names = Object.keys(clusters);
  const first = names[0] ?? "";
  const storing = names.filter((name) => clusters[name]?.jetstream !== undefined);
  for (const [name, cluster] of Object.entries(clusters)) {
    if (!cluster.leafOf) continue;
    if (name === first) cluster.leafOf = undefined;
    else cluster.leafOf.cluster = first;
  }
  const hub = clusters[first];
  if (hub) hub.leafHub = true;
  const placed = streams
    .filter(() => storing.length > 0)
    .map((each, i) => ({ ...each, cluster: storing[i % storing.length] ?? first }));
  for (const [name, { httpGateway }] of Object.entries(clusters)) {
    const route = httpGateway?.routes.one;
    const stream = placed.find((each) => each.cluster === name && (each.account ?? "APP") === "APP");
    if (route?.kind === "events") route.stream = stream?.name;
  }
  return { ...environment, streams: placed };
}

import { type Changes, pinned } from "./lint-environment";

/** For each rule: a change that breaks it and where it is found, and the nearest change that does not. */
export interface Fixture {
  fails: Changes;
  at: string | string[];
  passes: Changes;
}

const ecs = (changes: object = {}) => ({
  kind: "aws-ecs",
  region: "eu-west-1",
  domain: "core.example.com",
  ...changes,
});
const kubernetes = (changes: object = {}) => ({ kind: "kubernetes", flavor: "gke", ...changes });
const stream = (changes: object = {}) => ({
  name: "MORE",
  cluster: "core",
  subjects: ["more.>"],
  maxAge: "1d",
  ...changes,
});
const consumers = (...list: object[]) => list.map((consumer, i) => ({ name: `c${i}`, ...consumer }));
const rule = (changes: object = {}) => ({ account: "APP", publish: { allow: ["a.b"] }, ...changes });

/** A cluster of hosts in three territories, and a stream on it. */
const onMesh = (changes: object) => ({ "streams[1]": stream({ cluster: "mesh", replicas: 1, ...changes }) });
/** A second leaf cluster of core, with JetStream. */
const leaf = (changes: object = {}) => ({
  platform: kubernetes({ namespace: "leaf" }),
  jetstream: {},
  leafOf: { cluster: "core" },
  ...changes,
});

/** An account that exports one service, and imports another of an account. */
const trading = (account: string, { gives, takes }: { gives: string; takes: string }) => ({
  exports: [{ service: gives }],
  imports: [{ service: { account, subject: takes } }],
});

/** A gateway with one route, and a rule that allows what it names. */
const gatewayOf = (route: object, allow = "user.{sub}.>") => ({
  "clusters.core.httpGateway": { routes: { one: route } },
  "identity.permissions[0]": {
    account: "APP",
    publish: { allow: ["user.{sub}.>", "orders.{sub}.>"] },
    subscribe: { allow: [allow, "orders.{sub}.>"] },
  },
});

/** The service of the base environment as natsform runs it. */
const running = (runs: object | undefined) => ({
  "identity.services.api.runs": runs && { cluster: "core", code: { kind: "node", entry: "api.js" }, ...runs },
});

/** Scaled on Kubernetes by what waits for it. */
const onEdge = (count: number) => ({
  ...running({
    cluster: "edge",
    code: { kind: "image", image: pinned("example.com/api:1") },
    count,
    scale: { most: 3, backlog: { consumer: "ORDERS/fulfilment", perProcess: 10 } },
  }),
  "identity.services.api.uses": { consumers: ["ORDERS/fulfilment"] },
});

const durable = { "clusters.core.jetstream.durability": "durable" };
/** A chart whose volumes are asked for with a mode of access. */
const onVolume = (mode: string) => ({
  values: { config: { jetstream: { fileStore: { pvc: { merge: { spec: { accessModes: [mode] } } } } } } },
});
const acknowledge = (changes: object) => ({
  acknowledge: [{ rule: "stream-r2", reason: "for this test alone", expires: "2027-02-01", ...changes }],
});

export const fixtures: Readonly<Record<string, Fixture>> = {
  // How many servers
  "cluster-single-server": {
    fails: { "clusters.core.size": 1, streams: [] },
    at: "clusters.core.size",
    passes: { "clusters.edge.size": 1 },
  },
  "cluster-of-two": {
    fails: { "clusters.core.size": 2, streams: [] },
    at: "clusters.core.size",
    passes: { "clusters.edge.size": 2 },
  },
  "cluster-even-size": {
    fails: { "clusters.core.size": 4 },
    at: "clusters.core.size",
    passes: { "clusters.core.size": 5 },
  },

  // Zones
  "zone-quorum": {
    fails: { "clusters.core.platform.zones": ["a", "b"], "clusters.core.jetstream.uniqueTag": undefined },
    at: "clusters.core.platform.zones",
    passes: { "clusters.core.platform.zones": ["a", "b", "c", "d"] },
  },
  "unique-tag-missing": {
    fails: { "clusters.core.size": 5, "clusters.core.jetstream.uniqueTag": undefined },
    at: "streams[0].replicas",
    passes: { "clusters.core.size": 3, "clusters.core.jetstream.uniqueTag": undefined },
  },

  // Power cuts
  "few-replicas-not-durable": {
    fails: { "streams[0].replicas": 2 },
    at: "streams[0].replicas",
    passes: { "streams[0].replicas": 2, ...durable },
  },
  "one-zone-not-durable": {
    fails: { "clusters.core.platform.zones": ["a", "a"], "clusters.core.jetstream.uniqueTag": undefined },
    at: "clusters.core.jetstream.durability",
    passes: { "clusters.core.platform.zones": ["a", "b"], "clusters.core.jetstream.uniqueTag": undefined },
  },
  "persist-async-durable": {
    fails: { "streams[0].persistMode": "async", "streams[0].replicas": 1, ...durable },
    at: "streams[0].persistMode",
    passes: { "streams[0].persistMode": "async", "streams[0].replicas": 1 },
  },

  // Disks
  "file-store-exceeds-disk": {
    fails: { "clusters.core.jetstream.file": "91GiB" },
    at: "clusters.core.jetstream.file",
    passes: { "clusters.core.jetstream.file": "90GiB" },
  },
  "efs-storage": {
    fails: { "clusters.core.platform": ecs({ storage: "efs" }) },
    at: "clusters.core.platform.storage",
    passes: { "clusters.core.platform": ecs() },
  },
  "ephemeral-single-copy": {
    fails: { "clusters.core.platform": ecs(), "streams[0].consumers[0].replicas": 1 },
    at: "streams[0].consumers[0].replicas",
    passes: { "clusters.core.platform": ecs({ storage: "efs" }), "streams[0].consumers[0].replicas": 1 },
  },
  "storage-class-regional": {
    fails: { "clusters.core.jetstream.storageClass": { regional: true } },
    at: "clusters.core.jetstream.storageClass.regional",
    passes: { "clusters.edge.jetstream": { storageClass: { regional: true } } },
  },

  // Memory
  "memory-store-exceeds-memory": {
    fails: { "clusters.core.jetstream.memory": "7GiB" },
    at: "clusters.core.jetstream.memory",
    passes: { "clusters.core.jetstream.memory": "6GiB" },
  },
  "fargate-size": {
    fails: { "clusters.core.platform": ecs({ cpu: 1024, memory: "1GiB" }) },
    at: "clusters.core.platform.memory",
    passes: { "clusters.core.platform": ecs({ cpu: 256, memory: "512MiB" }) },
  },

  // Settings of all servers
  "payload-large": {
    fails: { "nats.maxPayload": "9MiB" },
    at: "nats.maxPayload",
    passes: { "nats.maxPayload": "8MiB" },
  },
  "payload-exceeds-pending": {
    fails: { "nats.maxPayload": "65MiB" },
    at: "nats.maxPayload",
    passes: { "nats.maxPayload": "64MiB" },
  },
  "feature-flag-unknown": {
    fails: { "nats.featureFlags": { js_ack_v2: true } },
    at: "nats.featureFlags.js_ack_v2",
    passes: { "nats.featureFlags": { js_ack_fc_v2: true, js_snapshot_sources: false }, "nats.version": "2.15.0" },
  },
  "proxy-protocol-without-balancer": {
    fails: { "nats.proxyProtocol": true },
    at: "nats.proxyProtocol",
    passes: { "nats.proxyProtocol": false },
  },
  "lame-duck-cut-short": {
    fails: { "clusters.edge.platform.terminationGraceSeconds": 39 },
    at: "clusters.edge.platform.terminationGraceSeconds",
    passes: { "clusters.edge.platform.terminationGraceSeconds": 40 },
  },

  // Streams
  "stream-r1": {
    fails: { "streams[0].replicas": 1 },
    at: "streams[0].replicas",
    passes: onMesh({ placementTags: ["territory:dk"] }),
  },
  "stream-r2": {
    fails: { "streams[0].replicas": 2 },
    at: "streams[0].replicas",
    passes: { "streams[0].replicas": 3 },
  },
  "stream-r4": {
    fails: { "clusters.core.size": 5, "streams[0].replicas": 4 },
    at: "streams[0].replicas",
    passes: { "clusters.core.size": 5, "streams[0].replicas": 5 },
  },
  "stream-unbounded": {
    fails: { "streams[0].maxAge": undefined, "streams[0].maxBytes": undefined, "streams[0].maxMessagesPerSubject": 1 },
    at: "streams[0].maxBytes",
    passes: { "streams[1]": stream({ subjects: ["more.one"], maxAge: undefined, maxMessagesPerSubject: 1 }) },
  },
  "stream-times-refused": {
    fails: { "streams[0].maxAge": "1m" },
    at: "streams[0].duplicateWindow",
    passes: { "streams[0].maxAge": "2m" },
  },
  "rollup-needs-purge": {
    fails: { "streams[0].allowRollup": true, "streams[0].denyPurge": true },
    at: "streams[0].allowRollup",
    passes: { "streams[0].allowRollup": true, "streams[0].denyDelete": true },
  },
  "persist-async-refused": {
    fails: { "streams[0].persistMode": "async" },
    at: "streams[0].persistMode",
    passes: { "streams[0].persistMode": "async", "streams[0].replicas": 1 },
  },
  "interest-without-consumer": {
    fails: { "streams[0].retention": "interest", "streams[0].consumers": [] },
    at: "streams[0].consumers",
    passes: { "streams[0].retention": "interest" },
  },

  // What streams take
  "subjects-overlap": {
    fails: {
      "streams[1]": stream({ subjects: ["orders.a", "more.>", "more.a"] }),
      "streams[2]": stream({ name: "ODD", subjects: ["more.*.b"] }),
    },
    at: ["streams[1].subjects", "streams[1].subjects[2]", "streams[2].subjects"],
    passes: {
      "streams[1]": stream({ subjects: ["orders.>"], account: "OTHER" }),
      "streams[2]": stream({ subjects: ["more.a", "more.*.a"] }),
    },
  },
  "subjects-reserved": {
    fails: { "streams[0].subjects": ["*.API.>"], "streams[0].examples": [], "streams[0].consumers": [] },
    at: "streams[0].subjects[0]",
    passes: { "streams[1]": stream({ subjects: ["$JS.EVENT.ADVISORY.>", "$SYS.ACCOUNT.*.CONNECT", "$KV.x.>"] }) },
  },
  "example-not-captured": {
    fails: { "streams[1]": stream({ subjects: ["more.*"], examples: ["more.user", "more.user.registered"] }) },
    at: "streams[1].examples[1]",
    passes: { "streams[1]": stream({ subjects: ["more.>"], examples: ["more.user.registered", "more.*.x"] }) },
  },
  "captured-on-hub-and-leaf": {
    fails: { "clusters.leaf": leaf(), "streams[1]": stream({ cluster: "leaf", subjects: ["orders.new"] }) },
    at: "streams[1].subjects",
    passes: {
      "clusters.leaf": leaf(),
      "streams[1]": stream({ cluster: "leaf", subjects: ["orders.new"], account: "OTHER" }),
      "streams[2]": stream({ cluster: "mesh", subjects: ["orders.new"], replicas: 3 }),
    },
  },

  // Consumers
  "consumer-filter-outside": {
    fails: { "streams[0].consumers": consumers({ filterSubjects: ["orders.a", "news.b"] }) },
    at: "streams[0].consumers[0].filterSubjects[1]",
    passes: { "streams[0].consumers": consumers({ filterSubjects: [">"] }) },
  },
  "consumer-filters-overlap": {
    fails: { "streams[0].consumers": consumers({ filterSubjects: ["orders.*.a", "orders.>"] }) },
    at: "streams[0].consumers[0].filterSubjects[1]",
    // They collide, but neither contains the other: nats-server accepts them.
    passes: { "streams[0].consumers": consumers({ filterSubjects: ["orders.*.a", "orders.b.*"] }) },
  },
  "last-per-subject-unfiltered": {
    fails: { "streams[0].consumers": consumers({ deliverPolicy: "last_per_subject" }) },
    at: "streams[0].consumers[0].filterSubjects",
    passes: { "streams[0].consumers": consumers({ deliverPolicy: "last_per_subject", filterSubjects: ["orders.>"] }) },
  },
  "consumer-replicas-mismatch": {
    fails: { "streams[0].retention": "workqueue", "streams[0].consumers": consumers({ replicas: 1 }) },
    at: "streams[0].consumers[0].replicas",
    passes: { "streams[0].retention": "workqueue", "streams[0].consumers": consumers({ replicas: 3 }) },
  },
  "workqueue-consumer-policy": {
    fails: { "streams[0].retention": "workqueue", "streams[0].consumers": consumers({ deliverPolicy: "new" }) },
    at: "streams[0].consumers[0].deliverPolicy",
    passes: { "streams[0].retention": "interest", "streams[0].consumers": consumers({ deliverPolicy: "new" }) },
  },
  "workqueue-consumers-overlap": {
    fails: {
      "streams[0].retention": "workqueue",
      "streams[0].consumers": consumers({ filterSubjects: ["orders.a"] }, { filterSubjects: ["orders.*"] }),
    },
    at: "streams[0].consumers[1].filterSubjects",
    passes: {
      "streams[0].retention": "workqueue",
      "streams[0].consumers": consumers({ filterSubjects: ["orders.a"] }, { filterSubjects: ["orders.b"] }),
    },
  },

  // Placement
  "placement-impossible": {
    fails: { ...onMesh({ placementTags: ["territory:dk"], replicas: 2 }) },
    at: "streams[1].placementTags",
    passes: { ...onMesh({ placementTags: ["territory:dk"] }) },
  },
  "territory-unplaced": {
    fails: onMesh({}),
    at: "streams[1].placementTags",
    passes: onMesh({ placementTags: ["territory:no"] }),
  },
  "stream-spans-territories": {
    fails: onMesh({ replicas: 3 }),
    at: "streams[1].placementTags",
    passes: onMesh({ replicas: 1 }),
  },
  "unique-tag-impossible": {
    fails: { "clusters.core.platform.zones": ["a", "b"] },
    at: "streams[0].replicas",
    passes: { "clusters.core.platform.zones": ["a", "b", "c"] },
  },
  "unique-tag-partial": {
    fails: { "clusters.mesh.jetstream.uniqueTag": "site:" },
    at: "clusters.mesh.jetstream.uniqueTag",
    passes: { "clusters.mesh.jetstream.uniqueTag": "territory:" },
  },

  // Capacity
  "file-store-overcommitted": {
    fails: {
      ...onMesh({ placementTags: ["territory:dk"], maxBytes: "6GiB" }),
      "streams[2]": stream({
        name: "ODD",
        subjects: ["odd"],
        cluster: "mesh",
        replicas: 1,
        placementTags: ["territory:dk"],
        maxBytes: "5GiB",
      }),
    },
    at: "clusters.mesh.jetstream.file",
    passes: {
      ...onMesh({ placementTags: ["territory:dk"], maxBytes: "6GiB" }),
      "streams[2]": stream({
        name: "ODD",
        subjects: ["odd"],
        cluster: "mesh",
        replicas: 1,
        placementTags: ["territory:no"],
        maxBytes: "5GiB",
      }),
    },
  },
  "memory-store-overcommitted": {
    fails: { "streams[1]": stream({ storage: "memory", maxBytes: "1025MiB" }) },
    at: "streams[1].maxBytes",
    passes: { "streams[1]": stream({ storage: "memory", maxBytes: "1GiB" }) },
  },

  // Accounts
  "account-without-jetstream": {
    fails: { "accounts.APP.jetstream": { enabled: false } },
    at: "streams[0].account",
    passes: { "accounts.OTHER.jetstream": { enabled: false } },
  },
  "account-limits-exceeded": {
    fails: { "accounts.APP.jetstream": { maxFile: "2GiB", maxStreams: 1, maxConsumers: 1 }, "streams[1]": stream() },
    at: ["accounts.APP.jetstream.maxFile", "accounts.APP.jetstream.maxStreams"],
    passes: { "accounts.APP.jetstream": { maxFile: "3GiB", maxStreams: 2, maxConsumers: 1 }, "streams[1]": stream() },
  },
  "account-limits-exceed-server": {
    fails: { "clusters.core.size": 1, streams: [], "accounts.APP.jetstream": { maxFile: "51GiB" } },
    at: "clusters.core.jetstream.file",
    passes: { "accounts.APP.jetstream": { maxFile: "51GiB" } },
  },

  // What accounts share
  "import-not-exported": {
    fails: {
      "accounts.APP.exports": [{ service: "user.>", accounts: ["OTHER"] }, { stream: "news.>" }],
      "accounts.THIRD.imports": [{ service: { account: "APP", subject: "user.*.ask" } }],
      "accounts.OTHER.imports": [
        { service: { account: "APP", subject: "user.*.ask" } },
        { service: { account: "APP", subject: "news.a" } },
        { stream: { account: "APP", subject: "news.>" } },
        { stream: { account: "APP", subject: ">" } },
      ],
    },
    at: ["accounts.OTHER.imports[1]", "accounts.OTHER.imports[3]", "accounts.THIRD.imports[0]"],
    passes: {
      "accounts.APP.exports": [{ service: "user.>", accounts: ["OTHER"] }],
      "accounts.OTHER.imports": [{ service: { account: "APP", subject: "user.*.ask" } }],
    },
  },
  "imports-circle": {
    fails: {
      "accounts.APP": trading("OTHER", { gives: "ask.*", takes: "ask.*" }),
      "accounts.OTHER": trading("APP", { gives: "ask.*", takes: "ask.*" }),
    },
    at: ["accounts.APP.imports[0]", "accounts.OTHER.imports[0]"],
    passes: {
      "accounts.APP": trading("OTHER", { gives: "ask.*", takes: "tell.*" }),
      "accounts.OTHER": trading("APP", { gives: "tell.*", takes: "ask.*" }),
    },
  },
  "export-reserved": {
    fails: {
      "accounts.APP.exports": [{ service: "$JS.API.>" }, { stream: "_INBOX.>" }, { stream: "news.>" }],
      "accounts.OTHER.imports": [{ stream: { account: "APP", subject: "news.>" }, to: "_INBOX.news.>" }],
    },
    at: ["accounts.APP.exports[0]", "accounts.APP.exports[1]", "accounts.OTHER.imports[0]"],
    passes: { "accounts.APP.exports": [{ service: "$JS.API.STREAM.INFO.ORDERS" }, { stream: "news.>" }] },
  },
  "export-answered-by-stream": {
    fails: {
      "accounts.APP.exports": [{ service: "orders.*.placed" }],
      "identity.services.api": { account: "APP", subscribe: { allow: ["orders.>"] }, allowResponses: true },
    },
    at: "accounts.APP.exports[0]",
    passes: {
      "accounts.APP.exports": [{ service: "orders.*.placed", response: "stream" }, { service: "user.>" }],
      "identity.services.api": { account: "APP", subscribe: { allow: ["orders.>"] }, allowResponses: true },
    },
  },
  "acknowledged-anywhere": {
    fails: { "identity.permissions[0].publish": { allow: ["user.{sub}.>", "orders.{sub}.placed"] } },
    at: "identity.permissions[0].publish.allow[1]",
    passes: {
      "accounts.APP.exports": [{ service: "orders.*.placed" }],
      "accounts.OTHER": { imports: [{ service: { account: "APP", subject: "orders.*.placed" } }] },
      "identity.permissions": [{ account: "OTHER", publish: { allow: ["orders.{sub}.placed"] } }],
    },
  },
  "answers-into-imports": {
    fails: {
      "accounts.APP.exports": [{ service: "ask.*" }, { service: "close" }],
      "accounts.OTHER.imports": [
        { service: { account: "APP", subject: "ask.*" } },
        { service: { account: "APP", subject: "close" } },
      ],
      "identity.permissions": [{ account: "OTHER", publish: { allow: ["ask.{sub}"] } }],
    },
    at: "accounts.OTHER.imports[1]",
    passes: {
      "accounts.APP.exports": [{ service: "ask.*" }, { service: "close.*" }],
      "accounts.OTHER.imports": [
        { service: { account: "APP", subject: "ask.*" } },
        { service: { account: "APP", subject: "close.*" } },
      ],
      "identity.permissions": [{ account: "OTHER", publish: { allow: ["ask.{sub}"] } }],
    },
  },

  // Logins
  "callout-single-responder": {
    fails: { "identity.responders": 1 },
    at: "identity.responders",
    passes: { "identity.responders": 2 },
  },
  "callout-timeout-long": {
    fails: { "identity.timeoutSeconds": 21 },
    at: "identity.timeoutSeconds",
    passes: { "identity.timeoutSeconds": 20 },
  },
  "connection-lifetime": {
    fails: { "identity.maxLifetime": "25h" },
    at: "identity.maxLifetime",
    passes: { "identity.maxLifetime": "24h" },
  },

  // Rules of permissions
  "permission-unreachable": {
    fails: {
      "identity.permissions[2]": rule({ account: "OTHER", when: [{ claim: "a", equals: 1 }] }),
      "identity.permissions[3]": rule({
        when: [
          { claim: "a", equals: 1 },
          { claim: "a", equals: "1" },
        ],
      }),
    },
    at: ["identity.permissions[2].account", "identity.permissions[3].when"],
    passes: {
      "identity.permissions": [
        rule({
          account: "OTHER",
          when: [
            { claim: "a", equals: 1 },
            { claim: "a", includes: "1" },
          ],
        }),
        rule(),
      ],
    },
  },
  "permission-grants-nothing": {
    fails: { "identity.permissions[2]": rule({ publish: {} }) },
    at: "identity.permissions[2]",
    passes: { "identity.permissions[2]": rule({ publish: {}, allowResponses: true }) },
  },
  "deny-without-allow": {
    fails: { "identity.services.api.subscribe": { deny: ["a"] } },
    at: "identity.services.api.subscribe.deny",
    passes: { "identity.permissions[1].publish": { deny: ["a"] } },
  },
  "service-placeholder": {
    fails: { "identity.services.api.publish": { allow: ["user.{sub}"] } },
    at: "identity.services.api.publish.allow[0]",
    passes: { "identity.services.api.publish": { allow: ["user.sub"] } },
  },
  "placeholder-claim": {
    fails: { "identity.permissions[1].publish": { allow: ["news.{aud}"] } },
    at: "identity.permissions[1].publish.allow[0]",
    passes: { "identity.permissions[1].publish": { allow: ["news.{realm.id}"] } },
  },

  // Grants
  "grant-everything": {
    fails: {
      "identity.permissions[1].publish": { allow: ["*.>"] },
      "identity.services.api.publish": { allow: [">"] },
      "identity.services.api.subscribe": { allow: ["*.*.>"] },
    },
    at: [
      "identity.permissions[1].publish.allow[0]",
      "identity.services.api.publish.allow[0]",
      "identity.services.api.subscribe.allow[0]",
    ],
    passes: {
      "identity.permissions[1].publish": { allow: ["*.news"] },
      "identity.services.api.publish": { allow: ["api.>"] },
    },
  },
  "grant-inboxes": {
    fails: { "identity.permissions[1].publish": { allow: ["_INBOX.x"] } },
    at: "identity.permissions[1].publish.allow[0]",
    passes: { "identity.services.api.subscribe": { allow: ["*.a"] } },
  },
  "grant-jetstream-api": {
    fails: {
      "identity.permissions[1].publish": { allow: ["$JS.API.STREAM.INFO.*"] },
      "identity.services.api.publish": { allow: ["$JS.API.>", "$JS.API.CONSUMER.MSG.NEXT.ORDERS.{sub}"] },
      "identity.services.api.subscribe": { allow: ["$JS.*.API.STREAM.CREATE.ORDERS"] },
    },
    at: [
      "identity.permissions[1].publish.allow[0]",
      "identity.services.api.publish.allow[0]",
      "identity.services.api.publish.allow[1]",
      "identity.services.api.subscribe.allow[0]",
    ],
    passes: {
      "identity.permissions[1].publish": {
        allow: ["$JS.API.CONSUMER.MSG.NEXT.ORDERS.users", "$JS.API.STREAM.INFO.ORDERS"],
      },
      "identity.services.api.publish": {
        allow: ["$JS.API.STREAM.PURGE.ORDERS", "$JS.hub.API.CONSUMER.CREATE.ORDERS.>"],
      },
      "identity.services.api.subscribe": { allow: ["$JS.EVENT.ADVISORY.>"] },
    },
  },
  "grant-jetstream-destruction": {
    fails: { "identity.permissions[1].publish": { allow: ["$JS.API.STREAM.PURGE.ORDERS"] } },
    at: "identity.permissions[1].publish.allow[0]",
    passes: {
      "identity.permissions[1].publish": { allow: ["$JS.API.STREAM.PURGE.ORDERS"], deny: ["$JS.API.STREAM.PURGE.*"] },
    },
  },
  "grant-buckets": {
    fails: {
      "identity.services.api.publish": { allow: ["$KV.>"] },
      "identity.permissions[1].subscribe": { allow: ["$O.*.C.>"] },
    },
    at: ["identity.permissions[1].subscribe.allow[0]", "identity.services.api.publish.allow[0]"],
    passes: { "identity.services.api.publish": { allow: ["$KV.PREFS.>"] } },
  },
  "grant-system-subjects": {
    fails: {
      "identity.permissions[1].publish": { allow: ["$SYS.REQ.ACCOUNT.PING.CONNZ"] },
      "identity.services.api.subscribe": { allow: ["_R_.>", "_NATSFORM.INBOX.backup.>"] },
    },
    at: [
      "identity.permissions[1].publish.allow[0]",
      "identity.services.api.subscribe.allow[0]",
      "identity.services.api.subscribe.allow[1]",
    ],
    passes: { "identity.permissions[1].publish": { allow: ["$SYS.REQ.USER.INFO"] } },
  },
  "grant-acknowledgements": {
    fails: {
      "identity.permissions[1].publish": { allow: ["$JS.ACK.>", "$JS.ACK.ORDERS.{sub}.>"] },
      "identity.services.api.publish": { allow: ["$JS.ACK.*.*.ORDERS.>"] },
    },
    at: [
      "identity.permissions[1].publish.allow[0]",
      "identity.permissions[1].publish.allow[1]",
      "identity.services.api.publish.allow[0]",
    ],
    passes: { "identity.services.api.publish": { allow: ["$JS.ACK.ORDERS.api.>", "$JS.ACK.*.*.ORDERS.api.>"] } },
  },
  "answers-elsewhere": {
    fails: { "identity.services.api.allowResponses": true },
    at: "identity.services.api.publish.allow[0]",
    passes: { "identity.services.api.allowResponses": true, "identity.services.api.publish": { allow: [] } },
  },
  "responses-anywhere": {
    fails: { "identity.services.api.allowResponses": "any-subject" },
    at: "identity.services.api.allowResponses",
    passes: { "identity.services.api.allowResponses": true },
  },
  "grant-acknowledgements-v1": {
    fails: { "identity.services.api.publish": { allow: ["$JS.ACK.ORDERS.api.>"] } },
    at: "identity.services.api.publish.allow[0]",
    passes: { "identity.services.api.publish": { allow: ["$JS.ACK.ORDERS.api.>", "$JS.ACK.*.*.ORDERS.api.>"] } },
  },
  "direct-read-by-users": {
    fails: { "identity.permissions[0].publish": { allow: ["$JS.core.API.DIRECT.GET.ORDERS.>", "user.{sub}.>"] } },
    at: "identity.permissions[0].publish.allow[0]",
    passes: { "identity.permissions[0].publish": { allow: ["$JS.API.STREAM.MSG.GET.ORDERS", "user.{sub}.>"] } },
  },
  "direct-read-of-what-is-written": {
    fails: {
      "streams[1]": stream(),
      "streams[2]": stream({ name: "KV_PREFS", subjects: ["$KV.PREFS.>"] }),
      "identity.services.api": {
        ...{ account: "APP", publish: { allow: ["orders.>"] } },
        uses: { streams: ["ORDERS", "MORE"], buckets: { PREFS: "write" } },
      },
      "clusters.core.foreignLeafs": {
        plant: { accounts: ["APP"], links: { APP: { publish: { allow: ["more.>"] }, uses: { streams: ["MORE"] } } } },
      },
    },
    at: [
      "clusters.core.foreignLeafs.plant.links.APP.uses.streams[0]",
      "identity.services.api.uses.buckets.PREFS",
      "identity.services.api.uses.streams[0]",
    ],
    passes: {
      "streams[0].allowDirect": false,
      "streams[1]": stream(),
      "streams[2]": stream({ name: "KV_PREFS", subjects: ["$KV.PREFS.>"] }),
      "identity.services.api": {
        ...{ account: "APP", publish: { allow: ["orders.>"] } },
        uses: { streams: ["ORDERS", "MORE"], buckets: { PREFS: "read" } },
      },
    },
  },

  // Leaf nodes
  "leaf-hub-unreachable": {
    fails: { "clusters.core.platform.access": "vpc" },
    at: "clusters.edge.leafOf.cluster",
    passes: {
      "clusters.core.platform.access": "vpc",
      "clusters.edge.platform": { kind: "aws-ecs", region: "eu-west-1", domain: "edge.example.com" },
    },
  },
  "leaf-hub-public": {
    fails: { "clusters.edge.leafOf": undefined },
    at: "clusters.core.leafHub",
    passes: { "clusters.edge.leafOf": undefined, "clusters.core.platform.access": "vpc" },
  },
  "leaf-link-open": {
    fails: { "clusters.core.foreignLeafs": { branch: { links: { APP: { publish: { allow: ["orders.>"] } } } } } },
    at: "clusters.core.foreignLeafs.branch",
    passes: { "clusters.core.foreignLeafs": { branch: { links: { APP: { publish: {}, subscribe: {} } } } } },
  },
  "leaf-same-nats-name": {
    fails: { "clusters.edge.natsName": "lint-core" },
    at: "clusters.edge.natsName",
    passes: { "clusters.mesh.natsName": "lint-core" },
  },
  "leaf-account-twice": {
    fails: { "clusters.edge.leafOf.accounts": ["APP", "APP"] },
    at: "clusters.edge.leafOf.accounts[1]",
    passes: { "clusters.edge.leafOf.accounts": ["APP", "OTHER"] },
  },
  "leaf-same-domain": {
    fails: { "clusters.edge.jetstream": { domain: "one" }, "clusters.leaf": leaf({ jetstream: { domain: "one" } }) },
    at: "clusters.leaf.jetstream.domain",
    passes: { "clusters.edge.jetstream": { domain: "one" }, "clusters.mesh.jetstream.domain": "one" },
  },

  // Names and addresses
  "public-name-shared": {
    fails: { "clusters.mesh.platform.domain": "core.example.com" },
    at: "clusters.mesh.platform.domain",
    passes: { "clusters.mesh.platform.domain": "mesh.example.com" },
  },
  "host-address-shared": {
    fails: { "clusters.mesh.platform.hosts[2].address": "192.0.2.1" },
    at: "clusters.mesh.platform.hosts[2].address",
    passes: { "clusters.mesh.platform.hosts[2].address": "192.0.2.9" },
  },

  // nats-box
  "nats-box-administrator": {
    fails: { "clusters.edge.platform.natsBox": {} },
    at: "clusters.edge.platform.natsBox.users[0]",
    passes: { "clusters.edge.platform.natsBox": { users: ["streams-APP"] } },
  },

  // WebSocket
  "websocket-any-origin": {
    fails: { "clusters.core.websocket": {} },
    at: "clusters.core.websocket.allowedOrigins",
    passes: { "clusters.core.websocket": undefined },
  },
  "websocket-plain-origin": {
    fails: { "clusters.core.websocket.allowedOrigins[1]": "http://app.example.com" },
    at: "clusters.core.websocket.allowedOrigins[1]",
    passes: { "clusters.core.websocket.allowedOrigins[1]": "http://localhost:3000" },
  },

  // HTTP gateways
  "http-gateway-not-deployed": {
    fails: gatewayOf({ kind: "publish", path: "/a", subject: "user.{sub}.a" }),
    at: "clusters.core.httpGateway",
    passes: { "clusters.core.httpGateway": undefined },
  },
  "http-gateway-reserved-subject": {
    fails: gatewayOf({ kind: "publish", path: "/a", subject: "$SYS.REQ.a" }),
    at: "clusters.core.httpGateway.routes.one.subject",
    passes: gatewayOf({ kind: "publish", path: "/a", subject: "user.{sub}.a" }),
  },
  "http-gateway-never-allowed": {
    fails: gatewayOf({ kind: "events", path: "/a", subject: "user.*.a" }, "user.a.>"),
    at: "clusters.core.httpGateway.routes.one.subject",
    passes: gatewayOf({ kind: "events", path: "/a/{name}", subject: "user.{name}.a" }, "user.a.>"),
  },
  "http-gateway-unanswered": {
    fails: gatewayOf({ kind: "request", path: "/a", subject: "user.{sub}.a" }),
    at: "clusters.core.httpGateway.routes.one.subject",
    passes: {
      ...gatewayOf({ kind: "request", path: "/a", subject: "user.{sub}.a" }),
      "identity.services.api.allowResponses": true,
    },
  },
  "http-gateway-not-stored": {
    fails: gatewayOf({ kind: "stream", path: "/a", subject: "user.{sub}.a", stream: "ORDERS" }),
    at: "clusters.core.httpGateway.routes.one.stream",
    passes: gatewayOf({ kind: "stream", path: "/a", subject: "orders.{sub}.a", stream: "ORDERS" }),
  },
  "http-gateway-events-consumed": {
    fails: {
      ...gatewayOf({ kind: "events", path: "/a", subject: "orders.{sub}.a", stream: "ORDERS" }),
      "streams[0].retention": "workqueue",
    },
    at: "clusters.core.httpGateway.routes.one.stream",
    passes: gatewayOf({ kind: "events", path: "/a", subject: "orders.{sub}.a", stream: "ORDERS" }),
  },

  // Services that natsform runs
  "fleet-not-deployed": {
    fails: running({}),
    at: "identity.services.api.runs",
    passes: running(undefined),
  },
  "fleet-single-process": {
    fails: { ...running({ count: 1 }), "identity.services.api.serves": ["user.get"] },
    at: "identity.services.api.runs.count",
    passes: running({ count: 1 }),
  },
  "fleet-without-rights": {
    fails: { ...running({}), "identity.services.api.publish": {}, "identity.services.api.subscribe": {} },
    at: "identity.services.api",
    passes: { ...running({}), "identity.services.api.publish": {} },
  },
  "fleet-short-stop": {
    fails: running({ stopTimeout: "24s" }),
    at: "identity.services.api.runs.stopTimeout",
    passes: running({ stopTimeout: "25s" }),
  },
  "fleet-zero-on-kubernetes": {
    fails: onEdge(0),
    at: "identity.services.api.runs.count",
    passes: onEdge(1),
  },

  "fleet-backlog-unread": {
    fails: { ...onEdge(1), "clusters.edge.platform.monitoring": { from: [{ namespace: "monitoring" }] } },
    at: "identity.services.api.runs.scale.backlog",
    passes: {
      ...onEdge(1),
      "clusters.edge.platform.monitoring": { from: [{ namespace: "monitoring" }], externalMetrics: true },
    },
  },

  // Certificates
  "certificate-ttl-short": {
    fails: { "clusters.core.tls": { ttl: "71h" } },
    at: "clusters.core.tls.ttl",
    passes: { "clusters.core.tls": { ttl: "72h" } },
  },
  "certificate-ttl-long": {
    fails: { "clusters.core.tls": { ttl: "367d" } },
    at: "clusters.core.tls.ttl",
    passes: { "clusters.core.tls": { ttl: "366d" } },
  },
  "local-issuer-in-cloud": {
    fails: { "clusters.core.tls": { issuer: "local" } },
    at: "clusters.core.tls.issuer",
    passes: { "clusters.mesh.tls": { issuer: "local" } },
  },
  "certificate-keys-in-state": {
    fails: { "clusters.edge.tls": { vault: { renewal: "terraform" } } },
    at: "clusters.edge.tls.vault.renewal",
    passes: { "clusters.core.tls": { vault: { renewal: "terraform" } } },
  },
  "vault-in-clear": {
    fails: { "clusters.edge.tls": { vault: { address: "http://vault.vault.svc:8200" } } },
    at: "clusters.edge.tls.vault.address",
    passes: { "clusters.edge.tls": { vault: { address: "https://vault.vault.svc:8200" } } },
  },
  "certificate-not-reloaded": {
    fails: { "clusters.edge.tls": { vault: { renewal: "terraform" } }, "clusters.edge.platform.reloader": false },
    at: "clusters.edge.platform.reloader",
    passes: { "clusters.edge.platform.reloader": false },
  },

  // Backup
  "backup-missing": {
    fails: { "clusters.core.backup": undefined },
    at: "clusters.core.backup",
    passes: { "clusters.mesh.backup": undefined },
  },
  "backup-missing-ephemeral": {
    fails: { "clusters.core.backup": undefined, "clusters.core.platform": ecs() },
    at: "clusters.core.backup",
    passes: { "clusters.core.platform": ecs() },
  },
  "backup-of-nothing": {
    fails: { "clusters.edge.backup": { to: "gs://backups/edge" } },
    at: "clusters.edge.backup",
    passes: { "clusters.edge.backup": { to: "gs://backups/edge" }, "clusters.edge.jetstream": {} },
  },
  "backup-memory-stream": {
    fails: { "streams[1]": stream({ storage: "memory" }), "nats.version": "2.14.5" },
    at: "streams[1].storage",
    passes: { "streams[1]": stream({ storage: "memory" }), "nats.version": "2.15.0" },
  },
  "backup-consumer-replicas": {
    fails: { "streams[0].consumers[0].replicas": 1, "nats.version": "2.14.5" },
    at: "streams[0].consumers[0].replicas",
    passes: { "streams[0].consumers[0].replicas": 1, "nats.version": "2.15.0" },
  },
  "backup-foreign-cloud": {
    fails: { "clusters.core.backup.to": "gs://backups/core" },
    at: "clusters.core.backup.to",
    passes: { "clusters.mesh.backup.to": "gs://backups/mesh" },
  },
  "backup-needs-key": {
    fails: {
      "clusters.edge.platform.flavor": "generic",
      "clusters.edge.backup": { to: "gs://backups/edge" },
      "clusters.edge.platform.backupAccess": { prune: { annotations: { "iam.gke.io/gcp-service-account": "prune" } } },
    },
    at: ["clusters.edge.platform.backupAccess", "clusters.edge.platform.backupAccess.prune"],
    // Pods of GKE have an identity.
    passes: {
      "clusters.edge.backup": { to: "gs://backups/edge" },
      "clusters.edge.platform.backupAccess": { prune: {} },
    },
  },
  "backup-unencrypted": {
    fails: { "clusters.core.backup": { to: "s3://backups/core", encrypt: false } },
    at: "clusters.core.backup.encrypt",
    passes: { "clusters.core.backup": { to: "s3://backups/core", encrypt: true } },
  },
  "backup-unlocked": {
    fails: { "clusters.core.backup": { to: "s3://backups/core" } },
    at: "clusters.core.backup.locked",
    passes: { "clusters.core.backup": { to: "file:///backups/core" } },
  },
  "backup-never-pruned": {
    fails: { "clusters.edge.backup": { to: "s3://backups/edge" } },
    at: "clusters.edge.platform.backupAccess.prune",
    passes: { "clusters.edge.backup": { to: "file:///backups/edge" } },
  },
  "backup-pruned-by-writer": {
    fails: {
      "clusters.edge.backup": { to: "gs://backups/edge" },
      "clusters.edge.platform.backupAccess": { secret: "one", prune: { secret: "one" } },
    },
    at: "clusters.edge.platform.backupAccess.prune",
    passes: {
      "clusters.edge.backup": { to: "gs://backups/edge" },
      "clusters.edge.platform.backupAccess": { secret: "one", prune: { secret: "another" } },
    },
  },
  "backup-in-container": {
    fails: { "clusters.core.backup.to": "file:///backups" },
    at: "clusters.core.backup.to",
    passes: {
      "clusters.edge.backup": { to: "file:///backups/edge" },
      "clusters.edge.platform.backupAccess": { claim: "backups" },
    },
  },
  "backup-beside-data": {
    fails: { "clusters.mesh.backup.to": "file:///backups" },
    at: "clusters.mesh.backup.to",
    passes: { "clusters.core.backup.to": "file:///backups" },
  },

  // Ways out of private subnets
  "egress-to-issuer": {
    fails: { "clusters.core.platform.network": { egress: "endpoints" } },
    at: "clusters.core.platform.network.egress",
    passes: { "clusters.core.platform.network": { vpcId: "vpc-0a1b2c3d", egress: "endpoints" } },
  },
  "egress-to-image": {
    fails: { "clusters.core.platform": ecs({ access: "vpc", network: { egress: "endpoints" } }) },
    at: "clusters.core.platform.network.egress",
    passes: { "clusters.core.platform": ecs({ access: "public", network: { egress: "endpoints" } }) },
  },

  // Monitoring
  "monitoring-public": {
    fails: { "clusters.core.platform.monitoring": { from: ["sg-0a", "0.0.0.0/0", "172.15.0.0/16", "8.0.0.0/7"] } },
    at: [1, 2, 3].map((i) => `clusters.core.platform.monitoring.from[${i}]`),
    passes: { "clusters.core.platform.monitoring": { from: ["sg-0a", "172.31.0.0/16", "100.64.9.0/24"] } },
  },
  "monitoring-whole-network": {
    fails: { "clusters.core.platform.monitoring": { from: ["10.0.0.0/8", "10.0.0.0/16"] } },
    at: [0, 1].map((i) => `clusters.core.platform.monitoring.from[${i}]`),
    passes: { "clusters.core.platform.monitoring": { from: ["10.0.128.0/17", "10.1.0.0/16"] } },
  },

  // The chart
  "image-by-tag": {
    fails: {
      "clusters.edge.platform.images": { tag: "v1", digests: { "auth-callout": `sha256:${"0".repeat(64)}` } },
      "clusters.edge.platform.natsBox": { users: ["streams-APP"] },
    },
    at: ["nats", "reloader", "exporter", "natsBox", "digests"]
      .map((key) => `clusters.edge.platform.images.${key}`)
      .sort(),
    passes: {
      "clusters.edge.platform.monitoring": { exporter: false },
      "clusters.edge.platform.images.exporter": undefined,
    },
  },
  "chart-by-version": {
    fails: { "clusters.edge.platform.chart": { repository: "oci://registry.example.com/charts" } },
    at: "clusters.edge.platform.chart",
    passes: {
      "clusters.edge.platform.chart": { repository: "oci://registry.example.com/charts", sha256: "0".repeat(64) },
    },
  },
  "image-of-other-version": {
    fails: { "clusters.edge.platform.images.nats": pinned("nats:2.15.20-alpine") },
    at: "clusters.edge.platform.images.nats",
    passes: { "clusters.edge.platform.images.nats": pinned("registry.example.com:5000/nats:2.15.2-alpine3.22") },
  },
  "chart-too-old": {
    fails: { "clusters.edge.platform.chart": { version: "0.19.17" } },
    at: "clusters.edge.platform.chart.version",
    passes: { "clusters.edge.platform.chart": { version: "2.12.1" } },
  },
  "store-on-shared-volume": {
    fails: { "clusters.edge.platform.chart": onVolume("ReadWriteMany") },
    at: "clusters.edge.platform.chart.values",
    passes: { "clusters.edge.platform.chart": onVolume("ReadWriteOncePod") },
  },

  // Acknowledgements
  "acknowledgement-unknown-rule": {
    fails: acknowledge({ rule: "stream-2r" }),
    at: "acknowledge[0].rule",
    passes: acknowledge({}),
  },
  "acknowledgement-of-impossible": {
    fails: { "identity.maxLifetime": "25h", ...acknowledge({ rule: "connection-lifetime" }) },
    at: "acknowledge[0].rule",
    passes: { "clusters.core.size": 2, streams: [], ...acknowledge({ rule: "cluster-of-two" }) },
  },
  "acknowledgement-expired": {
    fails: acknowledge({ expires: "2027-01-15" }),
    at: "acknowledge[0].expires",
    passes: acknowledge({ expires: "2027-01-16" }),
  },
  "acknowledgement-unused": {
    fails: { ...acknowledge({ at: "streams[1].replicas" }), "streams[0].replicas": 2 },
    at: "acknowledge[0].at",
    passes: { ...acknowledge({ at: "streams[0].replicas" }), "streams[0].replicas": 2 },
  },
};

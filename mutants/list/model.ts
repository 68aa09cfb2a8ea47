import { plantedIn } from "../planted";

/** What there is to be: the topology, and what the schema takes. */
export const model = [
  ...plantedIn("model/topology/cluster.ts", [
    ["the durable tier syncs once a second", '=== "durable" ? "always" : 1000', '=== "durable" ? 1000 : 1000'],
    ["servers sync every two minutes", '=== "durable" ? "always" : 1000', '=== "durable" ? "always" : 120_000'],
    ["replicas of a stream share a zone", "uniqueTag: jetstream.uniqueTag,", "uniqueTag: undefined,"],
    ["routes need no certificate", 'verify: "routes",', 'verify: "none",'],
    ["leaf nodes need no certificate", 'verify: "require",', 'verify: "none",'],
    ["routes are reachable from everywhere", 'exposure: "peers",', 'exposure: "public",'],
    [
      "monitoring is reachable from everywhere",
      'verify: "none", exposure: "named"',
      'verify: "none", exposure: outside',
    ],
    [
      "one authority signs for clients and routes",
      'id: "routes",\n      issuer: "routes",',
      'id: "routes",\n      issuer: "internal",',
    ],
    [
      "one authority signs for clients and leaf nodes",
      'id: "leafnodes",\n      issuer: "leafnodes",',
      'id: "leafnodes",\n      issuer: "internal",',
    ],
    ["a leaf's certificate serves as a server's", 'usages: ["client"],', 'usages: ["server", "client"],'],
    [
      "a server's certificate serves as a client's",
      'names: [...names.hosts, ...names.internal],\n      usages: ["server"],',
      'names: [...names.hosts, ...names.internal],\n      usages: ["server", "client"],',
    ],
    ["backups are never encrypted", "encrypt: cluster.backup.encrypt,", "encrypt: false,"],
    ["backups are never drilled", "drill: cluster.backup.drill || undefined,", "drill: undefined,"],
    [
      "a server alone waits for a quorum for ever",
      "if (size > 1) {\n    listeners.push",
      "if (size > 0) {\n    listeners.push",
    ],
  ]),
  ...plantedIn("model/topology/identity.ts", [
    ["the responder may do everything in its account", "permissions: copy(RESPONDER_PERMISSIONS),", ""],
    ["the renewal job is an operator of the system account", "permissions: copy(RENEWAL_PERMISSIONS),", ""],
    ["the backup may do everything in its account", "permissions: copy(BACKUP_PERMISSIONS),", ""],
    ["the streams program may do everything in its account", "permissions: copy(STREAMS_PERMISSIONS),", ""],
    ["fixed users log in as leaf nodes", 'connections: ["STANDARD"]', 'connections: ["STANDARD", "LEAFNODE"]'],
    [
      "the callout places users in the system account",
      "name !== systemAccount && name !== calloutAccount",
      "name !== calloutAccount",
    ],
    [
      "the callout places users among the responders",
      "name !== systemAccount && name !== calloutAccount",
      "name !== systemAccount",
    ],
    ["natsform's own accounts store streams", "name, jetstream: false", "name, jetstream: true"],
  ]),
  ...plantedIn("runtime/streams/contract.ts", [
    ["the streams program answers others", '"_INBOX.>", "_R_.>"', '"_R_.>"'],
    [
      "the streams program hears everything",
      "subscribe: { allow: [`${STREAMS_INBOX}.>`] }",
      'subscribe: { allow: [">"] }',
    ],
  ]),
  ...plantedIn("model/change/forbidden.ts", [
    [
      "servers are cut off by a new name of their cluster",
      "old.natsName === natsName ||",
      "old.natsName !== natsName ||",
    ],
    ["streams are lost to another domain", "old.jetstream.domain === jetstream.domain", "true"],
    ["streams are lost to another kind of accounts", "if (from === to ||", "if (from !== to ||"],
  ]),
  ...plantedIn("model/topology/links.ts", [
    ["leaf nodes' users log in as clients", 'connections: ["LEAFNODE" as const]', 'connections: ["STANDARD" as const]'],
    ["a link carries inboxes and JetStream", "deny: [...closedSubjects] };", "deny: [] };"],
    ["an empty list lets a link send everything", 'if (allow.length === 0) return { allow, deny: [">"] };', ""],
    ["a link carries the inboxes of other leafs", "deny: [...deny, ...others]", "deny"],
    ["a leaf answers whoever there is", 'asked ? ["_INBOX.*.>"] : []', '["_INBOX.*.>"]'],
    ["a leaf is open to a hub that is taken over", "both, exports }", "both: [], exports: [] }"],
  ]),
  ...plantedIn("model/topology/deployed-secrets.ts", [
    [
      "a cluster holds what programs read that it does not run",
      ".filter((program) => program.isNeeded(scope))",
      ".filter(() => true)",
    ],
    [
      "a cluster holds the logins of services",
      "const names = clusters.flatMap((cluster) => secretsReadIn(topology, cluster));",
      "const names = [...clusters.flatMap((cluster) => secretsReadIn(topology, cluster)), ...personalSecrets(topology).map(({ name }) => name)];",
    ],
    [
      "the old issuer's key is lost before its rotation is finished",
      'return withPrevious("issuer");',
      'return ["issuer"];',
    ],
    ["the old seal's key is lost before its rotation is finished", 'return withPrevious("xkey");', 'return ["xkey"];'],
  ]),
  ...plantedIn("model/topology/callout-keys.ts", [["responders keep rotated keys", "...previous]", "]"]]),
  ...plantedIn("model/topology/leaf-authorities.ts", [
    [
      "a cluster trusts the authority of every other",
      "clusters.filter((other) => meets(other, cluster) || meets(cluster, other))",
      "clusters.filter((other) => other !== cluster)",
    ],
    [
      "a cluster may be called like a property of objects",
      "Object.hasOwn(known, name) ? known[name] : undefined",
      "known[name]",
    ],
  ]),
  ...plantedIn("model/topology/programs.ts", [
    [
      "the streams program reads the callout's keys",
      "secrets: ({ topology }, account) => [loginKey(topology, `streams-${account}`)]",
      "secrets: ({ topology }, account) => [calloutIssuerSecret, loginKey(topology, `streams-${account}`)]",
    ],
    [
      "the backup reaches every listener",
      'isNeeded: ({ cluster }) => cluster.backup !== undefined,\n    listeners: ["client"]',
      'isNeeded: ({ cluster }) => cluster.backup !== undefined,\n    listeners: ["client", "routes", "monitoring"]',
    ],
  ]),
  ...plantedIn("model/topology/trust-problems.ts", [
    ["a trust file of another environment is taken", "if (trust.environment !== environment)", "if (!environment)"],
    ["a trust file without a user is taken", "users.filter((user) => !trust.users[user])", "users.filter(() => false)"],
    [
      "a key of a user that is gone stays in the trust file",
      ".filter((user) => !users.includes(user))",
      ".filter(() => false)",
    ],
    [
      "an operator's trust file without a JWT is taken",
      "if (value === undefined) problems",
      "if (value === null) problems",
    ],
  ]),
  ...plantedIn("model/topology/uses.ts", [
    [
      "a service uses streams of other accounts",
      "const own = env.streams.filter((stream) => stream.account === account)",
      "const own = env.streams.filter(() => account !== undefined)",
    ],
    ["who reads a bucket writes to it", 'right === "write"', "right !== undefined"],
  ]),
  ...plantedIn("model/topology/platform-models/aws.ts", [
    [
      "servers inside a VPC listen to everybody",
      'exposure: ({ access }) => (access === "public" ? "public" : "internal")',
      'exposure: () => "public"',
    ],
    ["all servers stand in one zone", "zones[ordinal % zones.length]", "zones[0]"],
  ]),
  ...plantedIn("model/topology/platform-models/kubernetes.ts", [
    ["servers on Kubernetes listen to everybody", 'exposure: () => "internal"', 'exposure: () => "public"'],
  ]),
  ...plantedIn("model/config/clusters.ts", [
    [
      "backups are not encrypted unless told so",
      "encrypt: z.boolean().default(true)",
      "encrypt: z.boolean().default(false)",
    ],
    ["backups are kept for a day", 'retention: duration.prefault("30d")', 'retention: duration.prefault("1d")'],
    ["certificates live for ten years", 'ttl: duration.prefault("720h")', 'ttl: duration.prefault("87600h")'],
    [
      "the issuer of public names is asked in clear",
      "const httpsUrl = z.url({ protocol: /^https$/",
      "const httpsUrl = z.url({ protocol: /^https?$/",
    ],
  ]),
  ...plantedIn("model/config/identity.ts", [
    [
      "the keys of tokens are read in clear",
      "jwksUri: z.url({ protocol: /^https$/",
      "jwksUri: z.url({ protocol: /^https?$/",
    ],
    [
      "tokens come from an issuer in clear",
      "issuer: z.url({ protocol: /^https$/",
      "issuer: z.url({ protocol: /^https?$/",
    ],
    [
      "tokens may be signed by a shared secret",
      '"RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"]',
      '"RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256"]',
    ],
    [
      "services answer to any subject unless told otherwise",
      'false or "any-subject"\').default(false)',
      'false or "any-subject"\').default("any-subject")',
    ],
    [
      "users answer unless told otherwise",
      "allowResponses: answers.default(false),\n  /** Applies",
      "allowResponses: answers.default(true),\n  /** Applies",
    ],
    [
      "clocks may differ by a day",
      "clockSkewSeconds: z.int().min(0).max(120)",
      "clockSkewSeconds: z.int().min(0).max(86_400)",
    ],
    [
      "a connection outlives its token by a year",
      'maxLifetime: duration.prefault("1h")',
      'maxLifetime: duration.prefault("8760h")',
    ],
    [
      "one responder is all there is",
      "responders: z.int().min(1).max(10).default(2)",
      "responders: z.int().min(1).max(10).default(1)",
    ],
  ]),
  ...plantedIn("model/config/trust.ts", [
    ["a private key is taken for an authority", '(text) => !text.includes("PRIVATE KEY")', "() => true"],
    ["a seed is taken for a public key", "^${prefix}[A-Z2-7]{55}$", "^.?${prefix}[A-Z2-7]{55}"],
  ]),
  ...plantedIn("model/config/kubernetes.ts", [
    [
      "pods reach everything unless told otherwise",
      "egress: z.boolean().default(true)",
      "egress: z.boolean().default(false)",
    ],
  ]),
  ...plantedIn("model/config/streams.ts", [
    [
      "streams have one copy unless told otherwise",
      "replicas: z.int().min(1).max(5).default(3)",
      "replicas: z.int().min(1).max(5).default(1)",
    ],
    [
      "streams lie in memory unless told otherwise",
      'z.enum(["file", "memory"]).default("file")',
      'z.enum(["file", "memory"]).default("memory")',
    ],
    [
      "consumers acknowledge nothing unless told otherwise",
      'z.enum(["explicit", "none", "all"]).default("explicit")',
      'z.enum(["explicit", "none", "all"]).default("none")',
    ],
    [
      "streams acknowledge before they write unless told otherwise",
      'z.enum(["default", "async"]).default("default")',
      'z.enum(["default", "async"]).default("async")',
    ],
  ]),
  ...plantedIn("model/config/checks/references.ts", [
    [
      "users may land in natsform's own accounts",
      '.filter((name) => name === "SYS" || name === "AUTH")',
      '.filter((name) => name === "SYS")',
    ],
    ["a stream has more replicas than there are servers", "replicas > servers", "replicas > 5"],
    ["a service uses what is in another account", '.filter((stream) => (stream.account ?? "APP") === account)', ""],
  ]),
  ...plantedIn("model/config/checks/versions.ts", [
    [
      "a release with published vulnerabilities runs",
      "const refusal = versionRefusal(version);",
      "const refusal = undefined as ReturnType<typeof versionRefusal>;",
    ],
  ]),
  ...plantedIn("model/config/checks/clusters.ts", [
    ["leaf nodes form a circle", "if (at === name) {", "if (at === undefined) {"],
    [
      "hub and leaf share a JetStream domain",
      "domainOf(name, cluster) === domainOf(target, hub)",
      "domainOf(name, cluster) === undefined",
    ],
  ]),
  ...plantedIn("model/config/checks/foreign-leafs.ts", [
    ["two leaf nodes have one user", "if (taken.has(leaf))", 'if (leaf === "")'],
  ]),
  ...plantedIn("model/config/checks/permissions.ts", [
    ["a condition without a comparison applies to everybody", "given.length === 1 ||", "given.length <= 1 ||"],
  ]),
];

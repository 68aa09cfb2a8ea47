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
    ["whoever reviews may do everything in the system account", "permissions: copy(OBSERVER_PERMISSIONS),", ""],
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
      "secretsReadIn(topology, cluster).map((entry)",
      "[...secretsReadIn(topology, cluster), ...Object.keys(topology.identity.services).map((name) => `user-service-${name}`)].map((entry)",
    ],
    [
      "an account's own key, which every cluster accepts, lies in each",
      "return [old, current, ",
      "return [`account-${calloutAccount}`, old, current, ",
    ],
    [
      "the old issuer's key is lost before its rotation is finished",
      'return withPrevious("issuer");',
      'return ["issuer"];',
    ],
    ["the old seal's key is lost before its rotation is finished", 'return withPrevious("xkey");', 'return ["xkey"];'],
  ]),
  ...plantedIn("model/topology/cluster-keys.ts", [
    [
      "a cluster without keys of its own is given another's",
      "if (owner === undefined || owner === cluster) return rest;",
      "if (owner === undefined || owner === cluster || !setOf(trust, cluster)) return rest;",
    ],
    [
      "a cluster accepts the users of another",
      "users: { ...commonUsers(trust.users), ...own.users }",
      "users: { ...own.users, ...trust.users }",
    ],
    ["a cluster accepts the old keys of another", "previous: undefined,\n", ""],
    ["a leaf's login opens every cluster", "user.cluster === undefined || user.cluster === cluster", "true"],
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
    ["a trust file without a user is taken", "desired.filter((user) => !users[user])", "desired.filter(() => false)"],
    [
      "a key of a user that is gone stays in the trust file",
      ".filter((user) => !desired.includes(user))",
      ".filter(() => false)",
    ],
    ["an operator's trust file without a JWT is taken", "if (value === undefined) say", "if (value === null) say"],
  ]),
  ...plantedIn("model/topology/rights.ts", [
    [
      "a service uses streams of other accounts",
      "const own = env.streams.filter((stream) => stream.account === account)",
      "const own = env.streams.filter(() => account !== undefined)",
    ],
    ["who reads a bucket writes to it", 'const keys = right === "write"', "const keys = right !== undefined"],
    ["who reads an object store empties it", '...(right === "write" ? chunks', "...(right !== undefined ? chunks"],
  ]),
  ...plantedIn("model/config/capabilities.ts", [
    ["what a service asks is not judged", '[["asks"], service.asks]', '[["asks"], []]'],
    ["what a service serves is not judged", '[["serves"], service.serves]', '[["serves"], []]'],
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
  ...plantedIn("model/review/plan/rules.ts", [
    [
      "two servers that wait for the same one restart together",
      "const open = others.filter(({ ways }) => !ways.includes(true));",
      "const open = others.filter(({ ways }) => !ways.includes(true)).slice(1);",
    ],
    [
      "a server that nobody waits for counts as waited for",
      'return attribute(other.change.after, "wait_for_steady_state") === true;',
      "return true;",
    ],
    [
      "protection that is known after apply counts as kept",
      "if (isUnknown(change, name))\n",
      "if (isUnknown(change, name)) return [];\n          if (isUnknown(change, name))\n",
    ],
    [
      "networks that are known after apply are let in",
      "if (!isOpen && !isOpenUnknown) return [];",
      "if (!isOpen || isOpenUnknown) return [];",
    ],
  ]),
  ...plantedIn("model/review/plan/policies.ts", [
    [
      "a policy that cannot be read is one that allows nothing",
      "if (!statements) return writesStatements.test(type)",
      'if (!statements) return writesStatements.test("")',
    ],
    ["inline policies of a role are not read", "if (Array.isArray(value)) return value.flatMap(textsOf);", ""],
  ]),
  ...plantedIn("model/review/plan/differences.ts", [
    ["a secret is cut before it is looked for", "cut(net(textOf(value)))", "net(cut(textOf(value)))"],
  ]),
  ...plantedIn("model/review/plan/secrets.ts", [
    ["a variable that nobody declares is no secret", "?? !Object.hasOwn(declared, name)", "?? false"],
    [
      "secrets of data sources are shown",
      "...marked.map(({ value }) => value), ...(root_module ? ofModule(root_module) : [])",
      "...marked.map(({ value }) => value)",
    ],
    ["a secret in the base64 of a longer text is shown", "const inside = [0, 1, 2].map(", "const inside = [0].map("],
  ]),
];

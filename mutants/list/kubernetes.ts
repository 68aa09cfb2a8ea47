import { plantedIn } from "../planted";

/** What is made on Kubernetes. */
export const kubernetes = [
  ...plantedIn("modules/kubernetes/pod.ts", [
    ["programs gain privileges", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"],
    ["programs write to their root file system", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"],
    [
      "containers of programs run as root",
      "readOnlyRootFilesystem: true,\n  runAsNonRoot: true",
      "readOnlyRootFilesystem: true,\n  runAsNonRoot: false",
    ],
    ["programs keep capabilities of the kernel", 'drop: ["ALL"]', "drop: []"],
    [
      "programs call everything in the kernel",
      'capabilities: { drop: ["ALL"] },\n  seccompProfile: { type: "RuntimeDefault" }',
      'capabilities: { drop: ["ALL"] },\n  seccompProfile: { type: "Unconfined" }',
    ],
    ["pods of programs run as root", "runAsUser: String(user)", 'runAsUser: "0"'],
    ["everybody in the pod reads the keys", 'const mode = "0440"', 'const mode = "0444"'],
    [
      "programs write to their mounted files",
      "mountPath: folder, readOnly: true",
      "mountPath: folder, readOnly: false",
    ],
  ]),
  ...plantedIn("modules/kubernetes/program.ts", [
    [
      "programs hold a token of Kubernetes",
      "automountServiceAccountToken: false",
      "automountServiceAccountToken: true",
    ],
    ["programs learn of every Service", "enableServiceLinks: false", "enableServiceLinks: true"],
    ["programs have no security context", "securityContext: restrictedContainer,", "securityContext: {},"],
  ]),
  ...plantedIn("modules/kubernetes/namespace.ts", [
    [
      "the namespace takes privileged pods",
      '[`${podSecurity}/enforce`]: "restricted"',
      '[`${podSecurity}/enforce`]: "privileged"',
    ],
    [
      "volumes and secrets go with a protected namespace",
      "preventDestroy: context.environment.deletionProtection",
      "preventDestroy: false",
    ],
  ]),
  ...plantedIn("modules/kubernetes/network-policies.ts", [
    [
      "pods that no rule names are reached by all",
      "spec: { podSelector: {}, policyTypes }",
      'spec: { podSelector: { matchLabels: { none: "none" } }, policyTypes }',
    ],
    [
      "a rule for nobody lets everybody in",
      "peers.length > 0 ? [{ ports: [tcp(port)], from: peers }] : []",
      "[{ ports: [tcp(port)], from: peers }]",
    ],
    ["pods reach everything", '...(isRestricted ? ["Egress"] : [])', ""],
    [
      "every pod of the namespace reaches routes",
      ".map((matchLabels) => ({ podSelector: { matchLabels } }))",
      ".map(() => ({ podSelector: {} }))",
    ],
    [
      "every pod of the Kubernetes cluster reads the servers' monitoring",
      "monitoring: [...readers(context)",
      "monitoring: [{ namespaceSelector: {} }, ...readers(context)",
    ],
    ["the exporter is read from everywhere", "from(readers(context), exporterPort)", 'from("everybody", exporterPort)'],
    ["everybody reads the responders' metrics", "from(readers(context), 9090)", 'from("everybody", 9090)'],
    [
      "everybody reads the HTTP gateway's metrics",
      "from(readers(context), httpGatewayRun.ports.admin)",
      'from("everybody", httpGatewayRun.ports.admin)',
    ],
    [
      "services of the environment reach routes",
      'egress: toServers(context, "client"),\n    },\n    context.cluster',
      'egress: toServers(context, "client", "routes"),\n    },\n    context.cluster',
    ],
  ]),
  ...plantedIn("modules/kubernetes/fleet-service.ts", [
    [
      "services of the environment write to their root file system",
      "securityContext: restrictedContainer,",
      "securityContext: { ...restrictedContainer, readOnlyRootFilesystem: false },",
    ],
    ["a service sees a key that is not its own", "keysMount(context, [key])", 'keysMount(context, [key, "user-sys"])'],
    [
      "a rotated key never comes to a service",
      '"natsform/key": trust.users[`service-${service.name}`] ?? ""',
      '"natsform/key": ""',
    ],
    ["Terraform reads templates in a service's variables", "mapped(variables, escapeTemplate)", "variables"],
  ]),
  ...plantedIn("modules/kubernetes/http-gateway.ts", [
    ["a rotated key never comes to the HTTP gateway", 'trust.users[`service-${gateway.service}`] ?? ""', '""'],
    ["changed routes never come to the HTTP gateway", '"natsform/routes": digest(spec)', '"natsform/routes": ""'],
    ["callers ask the HTTP gateway's port for health", 'port: 80, targetPort: "http"', 'port: 80, targetPort: "admin"'],
  ]),
  ...plantedIn("modules/kubernetes/http-gateway-ingress.ts", [
    [
      "tokens come to nginx in clear",
      '"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"',
      '"nginx.ingress.kubernetes.io/force-ssl-redirect": "false"',
    ],
    ["tokens come to a balancer of AWS in clear", "[{ HTTPS: 443 }]", "[{ HTTPS: 443 }, { HTTP: 80 }]"],
    [
      "nginx repeats what may have been carried out",
      '"nginx.ingress.kubernetes.io/proxy-next-upstream": "off"',
      '"nginx.ingress.kubernetes.io/proxy-next-upstream": "error"',
    ],
    [
      "a balancer hands on what two may read differently",
      "desync_mitigation_mode=strictest",
      "desync_mitigation_mode=monitor",
    ],
  ]),
  ...plantedIn("modules/kubernetes/http-gateway-objects.ts", [
    ["a route takes requests of every listener, in clear too", ", sectionName: front.gateway.listener", ""],
  ]),
  ...plantedIn("modules/kubernetes/network-egress.ts", [
    ["a rule without ports allows all of them", "return ports.length > 0 ? [{", "return ports ? [{"],
    [
      "a drill reaches the servers with data",
      "storage(cluster, access.secret);",
      "[...storage(cluster, access.secret), { ports: cluster.listeners.map(({ port }) => tcp(port)) }];",
    ],
    [
      "a pod with a key of Google's storage asks for tokens as well",
      "=== true && secret === undefined);",
      '=== true && secret !== "");',
    ],
  ]),
  ...plantedIn("modules/kubernetes/network-peers.ts", [
    ["pods have the rights of their node", 'cidr: "169.254.170.23/32"', 'cidr: "169.254.0.0/16"'],
    [
      "pods reach the whole DNS namespace",
      'podSelector: { matchExpressions: [{ key: "k8s-app", operator: "In", values: ["kube-dns", "node-local-dns"] }] },',
      "",
    ],
  ]),
  ...plantedIn("modules/kubernetes/dns-service.ts", [
    ["a DNS that is not found lets pods reach everybody", "`${nodeCacheAddress}/32`]", '"0.0.0.0/0"]'],
  ]),
  ...plantedIn("modules/kubernetes/storage.ts", [
    ["volumes go with their claims", 'reclaimPolicy: "Retain"', 'reclaimPolicy: "Delete"'],
    ["volumes are not encrypted", 'type: "gp3", encrypted: "true"', 'type: "gp3"'],
    ["a volume lies in another zone than its pod", '"WaitForFirstConsumer"', '"Immediate"'],
    ["regional volumes have one zone", ', ...(regional && { "replication-type": "regional-pd" })', ""],
  ]),
  ...plantedIn("modules/kubernetes/vault-access.ts", [
    ["Vault signs names below a name", "allowSubdomains: false", "allowSubdomains: true"],
    ["Vault signs wildcards", "allowWildcardCertificates: false", "allowWildcardCertificates: true"],
    ["Vault signs localhost", "allowLocalhost: false", "allowLocalhost: true"],
    ["Vault signs addresses", "allowIpSans: false", "allowIpSans: true"],
    ["Vault signs any name", "allowAnyName: false", "allowAnyName: true"],
    ["Vault signs what is no host name", "enforceHostnames: true", "enforceHostnames: false"],
    [
      "a foreign leaf's certificate serves as a server's",
      "serverFlag: false,\n        clientFlag: true",
      "serverFlag: true,\n        clientFlag: true",
    ],
    ["certificates of servers are clients'", 'clientFlag: usages.includes("client")', "clientFlag: true"],
    [
      "every namespace issues certificates",
      "boundServiceAccountNamespaces: [namespace]",
      'boundServiceAccountNamespaces: ["*"]',
    ],
    [
      "every account of the namespace issues certificates",
      "boundServiceAccountNames: [names.renewal]",
      'boundServiceAccountNames: ["*"]',
    ],
    ["a token of Vault lives for a month", "tokenMaxTtl: 600", "tokenMaxTtl: 2_592_000"],
    ["a token of Vault is valid until it is revoked", "tokenTtl: 600", "tokenTtl: 0"],
    [
      "the renewal job reads and changes Vault's roles",
      'capabilities = ["update"]',
      'capabilities = ["create", "read", "update", "delete", "sudo"]',
    ],
    ["a certificate lives for as long as its authority", "maxTtl: seconds,", ""],
    ["the token of a reviewer is kept in Vault", "disableLocalCaJwt: true", "disableLocalCaJwt: false"],
  ]),
  ...plantedIn("modules/kubernetes/vault-authorities.ts", [
    [
      "the root's key leaves Vault",
      'backend: rootMount.path,\n      type: "internal"',
      'backend: rootMount.path,\n      type: "exported"',
    ],
    ["the intermediates' keys leave Vault", 'backend,\n        type: "internal"', 'backend,\n        type: "exported"'],
    ["an intermediate makes further authorities", "maxPathLength: 0,", ""],
    [
      "authorities go though they are protected",
      "preventDestroy: environment.deletionProtection",
      "preventDestroy: false",
    ],
  ]),
  ...plantedIn("modules/kubernetes/vault-certificates.ts", [
    [
      "routes and leaf nodes trust the root",
      'issuer === "internal" ? pem(issued.issuingCa, root ?? issued.caChain) : pem(issued.issuingCa)',
      "pem(issued.issuingCa, root ?? issued.caChain)",
    ],
    [
      "a certificate is requested again when it has ended",
      "minSecondsRemaining: Math.floor(seconds / 3)",
      "minSecondsRemaining: 0",
    ],
    ["certificates are never requested again", "autoRenew: true", "autoRenew: false"],
  ]),
  ...plantedIn("modules/kubernetes/renewal-account.ts", [
    ["the renewal job reads every Secret", "resourceNames: [...secrets, names.certificates.authorities],", ""],
    [
      "the renewal job becomes any ServiceAccount of the namespace",
      'resources: ["serviceaccounts/token"], resourceNames: [names.renewal]',
      'resources: ["serviceaccounts/token"]',
    ],
    [
      "the renewal job lists and deletes Secrets",
      'verbs: ["get", "patch"]',
      'verbs: ["get", "list", "patch", "delete"]',
    ],
    [
      "every pod of the job's account holds its token",
      "automountServiceAccountToken: false",
      "automountServiceAccountToken: true",
    ],
  ]),
  ...plantedIn("modules/kubernetes/renewal.ts", [
    [
      "certificates are looked at once a month",
      "schedule: renewalCron(renewalInterval(renewedCertificates(context)))",
      'schedule: "17 3 1 * *"',
    ],
    ["two renewals run at once", 'concurrencyPolicy: "Forbid"', 'concurrencyPolicy: "Allow"'],
    ["a renewal that hangs keeps all others from running", "activeDeadlineSeconds: 1800,", ""],
  ]),
  ...plantedIn("modules/kubernetes/renewal-environment.ts", [
    [
      "nobody looks at what servers serve after a renewal",
      "cluster.servers.map(({ name: server, host }) => ({",
      "cluster.servers.slice(0, 1).map(({ name: server, host }) => ({",
    ],
  ]),
  ...plantedIn("modules/kubernetes/empty-secret.ts", [
    ["Secrets lie in Terraform's state", "    dataWo,\n    dataWoRevision,", "    data: dataWo,"],
  ]),
  ...plantedIn("modules/kubernetes/providers.ts", [
    ["the address of Vault is passed on to every program", 'addAddressToEnv: "false"', 'addAddressToEnv: "true"'],
  ]),
  ...plantedIn("modules/kubernetes/connection.ts", [
    [
      "programs connect in clear",
      "`tls://${cluster.name}.${namespace}.svc.",
      "`nats://${cluster.name}.${namespace}.svc.",
    ],
    ["a program sees every key of the Secret", "files: Object.fromEntries(keys.map((key) => [key, key])),", ""],
  ]),
  ...plantedIn("modules/kubernetes/backup-drill.ts", [
    ["others reach the drill's server", '"-a", "127.0.0.1"', '"-a", "0.0.0.0"'],
    ["a drill writes to the backups' volume", "storage(one, mounts, true)", "storage(one, mounts)"],
    ["the drill's server may do everything", "securityContext: restrictedContainer,", "securityContext: {},"],
  ]),
  ...plantedIn("modules/kubernetes/backup-job.ts", [
    ["two backups run at once", 'concurrencyPolicy: "Forbid"', 'concurrencyPolicy: "Allow"'],
    ["a backup that hangs keeps all others from running", "activeDeadlineSeconds: deadlineSeconds,", ""],
    ["a late schedule is never caught up with", "startingDeadlineSeconds: 3600,", "startingDeadlineSeconds: 1,"],
  ]),
  ...plantedIn("modules/kubernetes/backup.ts", [
    ["backups hold a token of Kubernetes", "automountServiceAccountToken: false", "automountServiceAccountToken: true"],
  ]),
  ...plantedIn("modules/kubernetes/auth-callout.ts", [
    ["responders run on rules of before", 'annotations: { "natsform/rules": digest(rules) }', "annotations: {}"],
  ]),
  ...plantedIn("modules/kubernetes/program-deployment.ts", [
    ["responders stop before new ones run", 'maxUnavailable: "0"', 'maxUnavailable: "100%"'],
    [
      "all responders may be evicted at once",
      'spec: { maxUnavailable: "1", selector }',
      'spec: { maxUnavailable: "100%", selector }',
    ],
    [
      "all responders run on one node",
      '["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map',
      '["topology.kubernetes.io/zone"].map',
    ],
    [
      "responders hold a token of Kubernetes",
      "metadata, automountServiceAccountToken: false",
      "metadata, automountServiceAccountToken: true",
    ],
  ]),
  ...plantedIn("modules/kubernetes/release.ts", [
    ["an apply ends before the servers are ready", "wait: true,", "wait: false,"],
    ["a failure restarts every server once more", "atomic: false,", "atomic: true,"],
    ["servers start before their certificates are there", "dependsOn: after,", ""],
  ]),
  ...plantedIn("modules/kubernetes/streams-job.ts", [
    ["a late pod of an old Job makes streams of the new configuration", "immutable: true", "immutable: false"],
    ["a refused configuration is tried again and again", "values: [refused]", "values: [99]"],
  ]),
  ...plantedIn("templates/helm-values/pod.ts", [
    ["servers gain privileges", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"],
    ["servers write to their root file system", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"],
    ["servers keep capabilities of the kernel", 'drop: ["ALL"]', "drop: []"],
    ["two servers share a node", 'whenUnsatisfiable: "DoNotSchedule"', 'whenUnsatisfiable: "ScheduleAnyway"'],
    [
      "all servers stand in one zone",
      '...(platform.zones > 1 && { "topology.kubernetes.io/zone": spread }),',
      "...{},",
    ],
    ["servers hold a token of Kubernetes", "automountServiceAccountToken: false", "automountServiceAccountToken: true"],
    ["servers run as root", "runAsUser: user", "runAsUser: 0"],
    [
      "a server is killed before its clients have moved",
      "terminationGracePeriodSeconds: platform.terminationGraceSeconds,",
      "",
    ],
    [
      "a full disk that switched JetStream off goes unnoticed",
      "/healthz?js-enabled-only=true",
      "/healthz?js-server-only=true",
    ],
    [
      "the kernel kills a server before Go has collected garbage",
      "GOMEMLIMIT: `${Math.floor((platform.memory * heapShare)",
      "GOMEMLIMIT: `${Math.floor((platform.memory * 2)",
    ],
  ]),
  ...plantedIn("templates/kubernetes-requests.ts", [
    ["one responder is all there is", "Math.max(2, identity.responders)", "identity.responders"],
  ]),
  ...plantedIn("templates/helm-values/settings.ts", [
    [
      "values of one's own let Kubernetes replace pods while natsform restarts them",
      "if (isHeld(place, got)) {",
      "if (isHeld(place, got) && false) {",
    ],
    ["another spelling of a key sets what a setting stands for", "key.toLowerCase().split", "key.split"],
    [
      "leaf nodes and routes come in without a certificate by a value of one's own",
      '["verify", "verify_and_map",',
      '["verify_and_map",',
    ],
    [
      "a value of one's own lets in whom natsform knows nothing of",
      "if (own) return [{",
      "if (own && own !== door) return [{",
    ],
  ]),
  ...plantedIn("templates/helm-values/values.ts", [
    [
      "a change that no reload takes over is never carried out",
      '"natsform/restart-digest": digest',
      '"natsform/restart-digest": ""',
    ],
    [
      "servers refuse a reload for a key of chart.values",
      "chartConf(all, { namespace",
      "chartConf(values, { namespace",
    ],
    ["patches of chart.values take the authorities away", "[...own, ...value]", "value"],
    ["volumes go with the release", 'whenDeleted: "Retain"', 'whenDeleted: "Delete"'],
    ["volumes go when there are fewer servers", 'whenScaled: "Retain"', 'whenScaled: "Delete"'],
    [
      "all servers may be evicted at once",
      "podDisruptionBudget: { enabled: true }",
      "podDisruptionBudget: { enabled: false }",
    ],
    [
      "the servers' account hands out tokens",
      "serviceAccount: { enabled: true, merge: { automountServiceAccountToken: false } }",
      "serviceAccount: { enabled: true }",
    ],
  ]),
  ...plantedIn("templates/helm-values/config.ts", [
    ["routes dial short names, which mean something else elsewhere", "useFQDN: true", "useFQDN: false"],
    [
      "JetStream writes into the container",
      "pvc: { enabled: true, size: volumeSize",
      "pvc: { enabled: false, size: volumeSize",
    ],
    ["a full file store fills its volume", "Math.ceil(fileBytes / 0.9 / 2 ** 30)", "Math.ceil(fileBytes / 2 ** 30)"],
    [
      "what a server is told beyond the chart's values is lost",
      'merge: rest(conf, ...ofTheChart, ...(cluster.leafHub ? ["leafnodes"] : [])),',
      "",
    ],
    ["what TLS asks beyond the chart's values is lost", 'dir, merge: rest(tls, "cert_file", "key_file") }', "dir }"],
    [
      "what JetStream is told beyond the chart's values is lost",
      'merge: rest(block, "max_memory_store", "max_file_store", "store_dir"),',
      "",
    ],
  ]),
  ...plantedIn("templates/helm-values/mounts.ts", [
    [
      "servers write to their mounted secrets",
      "mountPath: folder, readOnly: true",
      "mountPath: folder, readOnly: false",
    ],
    ["servers see the keys of all programs", "secretName: secret, ...(items && { items })", "secretName: secret"],
  ]),
  ...plantedIn("templates/helm-values/nats-box.ts", [
    [
      "nats-box holds the keys of all users",
      "items: users.map(({ name }) => asFile(loginKey(topology, name)))",
      "items: topology.identity.users.map(({ name }) => asFile(loginKey(topology, name)))",
    ],
    [
      "nats-box holds a token of Kubernetes",
      "spec: {\n          automountServiceAccountToken: false",
      "spec: {\n          automountServiceAccountToken: true",
    ],
    [
      "nats-box is there though nobody asked for it",
      "if (!natsBox) return { enabled: false };",
      "if (!natsBox) return { enabled: true };",
    ],
  ]),
  ...plantedIn("templates/helm-values/ingress.ts", [
    [
      "an Ingress speaks to the servers in clear",
      '"nginx.ingress.kubernetes.io/backend-protocol": "HTTPS"',
      '"nginx.ingress.kubernetes.io/backend-protocol": "HTTP"',
    ],
  ]),
  ...plantedIn("templates/helm-values/problems.ts", [
    ["an unknown key of the chart is ignored in silence", ": [unknownKey([...path, key], value, known.keys)]", ": []"],
    ["text becomes syntax of NATS", "|| (text !== undefined && !meant.test(text))", ""],
  ]),
];

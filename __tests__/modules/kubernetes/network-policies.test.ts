import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { App, ref, TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { addressNetwork } from "../../../modules/kubernetes/dns-service";
import type { StackContext } from "../../../modules/terraform/context";
import { findChart, renderChart } from "../../support/chart";
import { dnsAddress, isDnsNetwork } from "../../support/kubernetes-manifests";
import { changedOnKubernetes, kubernetesVariants } from "../../support/kubernetes-variants";
import {
  chartPod,
  elsewhere,
  type Needed,
  neededBy,
  neededByRelease,
  type Pod,
  type Program,
  podOf,
  programsOf,
  type Release,
  readersOf,
  releasesOf,
  resolversOf,
} from "../../support/network-needs";
import { type Endpoint, isAllowed, type Policy, type Rule, selects } from "../../support/network-policy";
import { all, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const chart = findChart();
if ("missing" in chart) process.stderr.write(`labels are not compared with the chart's: ${chart.missing}\n`);
const root = projectWithCode();

interface World {
  name: string;
  policies: Policy[];
  programs: Program[];
  releases: Release[];
  needed: Needed[];
}
const worlds: World[] = [];

/** With the address of the DNS's Service as Terraform finds it. */
function policiesOf(stacks: readonly Stack[]): Policy[] {
  const written = stacks.flatMap((stack) => Object.values(all(stack, "kubernetes_network_policy_v1")));
  return JSON.parse(JSON.stringify(written), (key, value) =>
    key === "cidr" && isDnsNetwork(value) ? `${dnsAddress}/32` : value,
  );
}

function worldOf({ topology }: StackContext, stacks: readonly Stack[]): World {
  const policies = policiesOf(stacks);
  // What pods ask depends on their own cluster's platform.
  const resolversIn = (namespace: string) =>
    topology.clusters.flatMap(({ platform }) =>
      platform.kind === "kubernetes" && platform.namespace === namespace ? resolversOf(platform) : [],
    );
  const [programs, releases] = [programsOf(stacks), releasesOf(stacks)];
  const readersIn = (namespace: string) =>
    topology.clusters.flatMap(({ platform }) =>
      platform.kind === "kubernetes" && platform.namespace === namespace ? readersOf(platform) : [],
    );
  const metrics = programs
    .filter(({ variables }) => variables.HTTP_PORT && !variables.ADMIN_PORT)
    .flatMap(({ pod: to, variables }) =>
      readersIn(to.namespace).map((from) => ({ why: "metrics", from, to, port: Number(variables.HTTP_PORT) })),
    );
  const gateways = programs.flatMap(({ pod: to, variables: { HTTP_PORT, ADMIN_PORT } }) =>
    ADMIN_PORT === undefined
      ? []
      : [
          ...[podOf("shop"), elsewhere].map((from) => ({ why: "a caller", from, to, port: Number(HTTP_PORT) })),
          ...readersIn(to.namespace).map((from) => ({ why: "metrics", from, to, port: Number(ADMIN_PORT) })),
        ],
  );
  const isOnEks = topology.clusters.some(({ platform }) => platform.kind === "kubernetes" && platform.flavor === "eks");
  const agent = { address: "169.254.170.23" };
  const lent = programs
    .filter(({ variables }) => isOnEks && /^s3:/.test(variables.BACKUP_TO ?? ""))
    .map(({ pod: from }) => ({ why: "rights that the cloud lends", from, to: agent, port: 80 }));
  // Pods of GKE whose Secret holds no key of Google's storage.
  const google = programs
    .filter(({ variables, secrets }) => /^gs:/.test(variables.BACKUP_TO ?? "") && secrets.length === 0)
    .flatMap(({ pod: from }) =>
      Object.entries({ "169.254.169.254": 80, "169.254.169.252": 988 }).map(([address, port]) => ({
        why: "tokens of Google's cloud",
        from,
        to: { address },
        port,
      })),
    );
  const needed = [
    ...lent,
    ...google,
    ...programs.flatMap((program) => neededBy(program, releases, resolversIn(program.pod.namespace))),
    ...releases.flatMap((release) =>
      neededByRelease(release, releases, resolversIn(release.namespace), readersIn(release.namespace)),
    ),
    ...metrics,
    ...gateways,
  ];
  return { name: topology.environment, policies, programs, releases, needed };
}

beforeAll(async () => {
  const contexts = await kubernetesVariants(root);
  const stacks = Object.values(synthesized(contexts, join(root, "out")));
  for (const context of contexts) {
    const own = stacks.filter(({ name }) => name.startsWith(`${context.environment.name}-`));
    worlds.push(worldOf(context, own));
  }
});

const refused = ({ policies, needed }: World) => needed.filter((connection) => !isAllowed(policies, connection));

test("policies are read as Kubernetes reads them", () => {
  const [shop, front] = [podOf("shop", { app: "shop" }), podOf("nats", { app: "front" })];
  const policy = (ingress: Rule[]): Policy => ({
    metadata: { name: "one", namespace: "nats" },
    spec: { pod_selector: {}, policy_types: ["Ingress"], ingress },
  });
  const enters = (from: Endpoint, ...rules: Rule[]) =>
    isAllowed([policy(rules)], { from, to: podOf("nats"), port: 4222 });
  const inShop = { match_labels: { "kubernetes.io/metadata.name": "shop" } };
  const isFront = { match_labels: { app: "front" } };
  const cases: [string, boolean, boolean][] = [
    ["nothing restricts", true, isAllowed([], { from: shop, to: front, port: 1 })],
    ["another namespace is restricted", true, isAllowed([policy([])], { from: shop, to: podOf("other"), port: 1 })],
    ["another direction is restricted", true, isAllowed([policy([])], { from: front, to: shop, port: 1 })],
    ["a rule without anything allows all", true, enters(elsewhere, {})],
    ["empty lists allow all", true, enters(elsewhere, { from: [], ports: [] })],
    [
      "one of two peers is enough",
      true,
      enters(front, { from: [{ namespace_selector: inShop }, { pod_selector: isFront }] }),
    ],
    [
      "one of two rules is enough",
      true,
      enters(shop, { from: [{ pod_selector: isFront }] }, { from: [{ namespace_selector: {} }] }),
    ],
    ["no rule allows nothing", false, enters(shop)],
    [
      "labels are those of the own namespace",
      false,
      enters(podOf("shop", { app: "front" }), { from: [{ pod_selector: isFront }] }),
    ],
    [
      "both selectors of a peer have to match",
      false,
      enters(shop, { from: [{ namespace_selector: inShop, pod_selector: isFront }] }),
    ],
    ["an address is no pod", false, enters(elsewhere, { from: [{ namespace_selector: {} }] })],
    ["another address", false, enters(elsewhere, { from: [{ ip_block: { cidr: "203.0.113.8/32" } }] })],
    ["another port", false, enters(shop, { ports: [{ port: "80", protocol: "TCP" }] })],
    ["another protocol", false, enters(shop, { ports: [{ port: "4222", protocol: "UDP" }] })],
  ];
  expect(cases.filter(([, desired, seen]) => desired !== seen)).toEqual([]);
});

test("there are policies, programs and connections to speak of", () => {
  expect(worlds.length).toBeGreaterThanOrEqual(3);
  const names = worlds.flatMap(({ programs }) => programs.map(({ pod }) => pod.labels["app.kubernetes.io/name"]));
  expect([...new Set(names)].sort()).toEqual([
    "auth-callout",
    "backlog",
    "backup",
    "certificate-renewal",
    "http-gateway",
    "streams",
    "worker",
  ]);
  for (const { needed } of worlds) expect(needed.length).toBeGreaterThan(15);
});

test("every program reaches all that its variables name, and whoever may reach the servers does", () => {
  for (const world of worlds)
    expect({ world: world.name, refused: refused(world) }).toEqual({ world: world.name, refused: [] });
});

test("no rule is there for nothing: without any one of them something that is needed is refused", () => {
  for (const world of worlds) {
    for (const policy of world.policies) {
      for (const direction of ["ingress", "egress"] as const) {
        for (const [i, rule] of (policy.spec[direction] ?? []).entries()) {
          for (const less of lesser(rule)) {
            const rules = (policy.spec[direction] ?? []).toSpliced(i, 1, ...less);
            const without = { ...policy, spec: { ...policy.spec, [direction]: rules } };
            const policies = world.policies.map((one) => (one === policy ? without : one));
            const needed = refused({ ...world, policies }).length > 0;
            const at = `${world.name} ${policy.metadata.name} ${direction}`;
            expect({ at, rule, less, needed }).toEqual({ at, rule, less, needed: true });
          }
        }
      }
    }
  }
});

/** The rule left out, and with each of its ports and peers left out. */
function lesser(rule: Rule): Rule[][] {
  const cut = (key: "ports" | "from" | "to") =>
    (rule[key] ?? []).length > 1
      ? (rule[key] ?? []).map((_, i) => [{ ...rule, [key]: rule[key]?.toSpliced(i, 1) }])
      : [];
  return [[], ...cut("ports"), ...cut("from"), ...cut("to")];
}

test("nobody is passed over: a pod without a policy reaches nothing and is reached by nobody", () => {
  for (const { name, policies, releases } of worlds) {
    for (const { namespace } of releases) {
      const stranger = podOf(namespace, { app: "stranger" });
      for (const other of [podOf(namespace), podOf("shop"), elsewhere]) {
        expect({ name, out: isAllowed(policies, { from: stranger, to: other, port: 443 }) }).toEqual({
          name,
          out: false,
        });
        expect({ name, in: isAllowed(policies, { from: other, to: stranger, port: 443 }) }).toEqual({
          name,
          in: false,
        });
      }
    }
  }
});

test("what nobody needs is refused", () => {
  const world = worlds.find(({ name }) => name === "full") as World;
  const release = world.releases.find(({ name }) => name === "nats") as Release;
  const servers = chartPod(release);
  const program = (name: string, component?: string): Pod => {
    const found = world.programs.find(
      ({ pod: { labels, namespace } }) =>
        namespace === release.namespace &&
        labels["app.kubernetes.io/name"] === name &&
        (!component || labels["app.kubernetes.io/component"] === component),
    );
    if (!found) throw new Error(`no ${name}`);
    return found.pod;
  };
  const metadata = { address: "169.254.169.254" };
  // Who reads metrics is named by namespace and labels: neither alone lets anybody in.
  const unnamed = [
    elsewhere as unknown as Pod,
    podOf("shop"),
    podOf("shop", { app: "prometheus" }),
    podOf("monitoring"),
    podOf("monitoring", { app: "grafana" }),
    program("streams"),
  ];
  const cases: [string, Pod, Needed["to"], number][] = [
    ["a server to the internet", servers, elsewhere, 443],
    ["a server to another namespace", servers, podOf("shop"), 4222],
    ["the callout to the routes", program("auth-callout"), servers, 6222],
    ["the callout to Vault", program("auth-callout"), podOf("vault"), 8200],
    ["the callout to another port outside", program("auth-callout"), elsewhere, 25],
    ["the renewal to the internet's mail", program("certificate-renewal"), elsewhere, 25],
    ["the streams to the internet", program("streams"), elsewhere, 443],
    ["a service to the routes", program("worker"), servers, 6222],
    ["a service to the internet", program("worker"), elsewhere, 443],
    ["a visitor to a service", podOf("shop"), program("worker"), 8080],
    ["the gateway to the routes", program("http-gateway"), servers, 6222],
    ["the gateway to the internet", program("http-gateway"), elsewhere, 443],
    ["the backup to the routes", program("backup", "backup"), servers, 6222],
    ["the drill to servers with data", program("backup", "drill"), servers, 4222],
    ["a visitor to the routes", podOf("shop"), servers, 6222],
    ...unnamed.flatMap((from): [string, Pod, Needed["to"], number][] => {
      const who = JSON.stringify(from);
      return [
        [`${who} to the callout's metrics`, from, program("auth-callout"), 9090],
        [`${who} to the gateway's metrics`, from, program("http-gateway"), 9090],
        [`${who} to monitoring`, from, servers, 8222],
        [`${who} to the exporters`, from, servers, 7777],
      ];
    }),
    ...[servers, ...["auth-callout", "certificate-renewal", "streams", "backup"].map((name) => program(name))].map(
      (from): [string, Pod, Needed["to"], number] => ["anyone to the rights of its node", from, metadata, 80],
    ),
  ];
  const let_through = cases.filter(([, from, to, port]) => isAllowed(world.policies, { from, to, port }));
  expect(let_through.map(([what]) => what)).toEqual([]);
});

test("where nobody is named to read metrics, nobody reads them", async () => {
  const context = await changedOnKubernetes("unread", root, (_, platform) => {
    platform.monitoring = undefined;
  });
  const { policies, programs, releases } = worldOf(
    context,
    Object.values(synthesized([context], join(root, "unread"))),
  );
  const servers = chartPod(releases[0] as Release);
  const callout = programs.find(({ variables }) => variables.HTTP_PORT)?.pod as Pod;
  const everybody = [elsewhere, podOf("shop"), podOf("monitoring"), podOf("nats"), servers, callout];
  const doors: [Pod, number][] = [
    [servers, 8222],
    [servers, 7777],
    [callout, 9090],
  ];
  const open = everybody.flatMap((from) => doors.filter(([to, port]) => isAllowed(policies, { from, to, port })));
  expect(open).toEqual([]);
});

describe("names are looked up where the Kubernetes cluster has its resolvers", () => {
  type Change = Parameters<typeof changedOnKubernetes>[2];
  const asks = async (id: string, change: Change) => {
    const context = await changedOnKubernetes(id, root, change);
    const stacks = Object.values(synthesized([context], join(root, id)));
    const { policies, programs, releases } = worldOf(context, stacks);
    const from = chartPod(releases[0] as Release);
    const reaches = (to: Endpoint | string, port = 53, protocol: "TCP" | "UDP" = "UDP") =>
      isAllowed(policies, { from, to: typeof to === "string" ? { address: to } : to, port, protocol });
    const services = stacks.flatMap(({ data }) => Object.values(data.kubernetes_service_v1 ?? {}));
    return {
      reaches,
      policies,
      pods: programs.map(({ pod }) => pod),
      services: services.map(({ metadata }) => metadata),
    };
  };
  const flavored =
    (flavor: "gke" | "eks" | "generic", networkPolicies = {}): Change =>
    (_, platform) =>
      Object.assign(platform, { flavor, networkPolicies });
  const ways: [string, string | Endpoint, boolean, boolean][] = [
    // Where, on GKE, elsewhere.
    ["pods", podOf("kube-system", { "k8s-app": "kube-dns" }), true, true],
    ["pods of the nodes' cache", podOf("kube-system", { "k8s-app": "node-local-dns" }), true, true],
    ["the Service's address, where no pod answers (EKS Auto Mode, NodeLocal DNSCache)", dnsAddress, true, true],
    ["the nodes' cache at its own address", "169.254.20.10", true, true],
    ["Cloud DNS", "169.254.169.254", true, false],
    ["a resolver that nobody named", "10.0.99.1", false, false],
    ["pods that are no DNS", podOf("kube-system", { "k8s-app": "kube-proxy" }), false, false],
    ["a namespace that calls its pods so", podOf("shop", { "k8s-app": "kube-dns" }), false, false],
  ];

  test("the ways of GKE, and those of all others", async () => {
    const [gke, eks] = [await asks("dns-gke", flavored("gke")), await asks("dns-eks", flavored("eks"))];
    for (const protocol of ["UDP", "TCP"] as const) {
      const seen = ways.map(([way, to]) => [way, to, gke.reaches(to, 53, protocol), eks.reaches(to, 53, protocol)]);
      expect(seen).toEqual(ways);
    }
    expect(gke.services).toEqual([{ namespace: "kube-system", name: "kube-dns" }]);
  });

  test("port 53 alone: the metadata of a node, and whatever else listens there, stay out of reach", async () => {
    const { reaches } = await asks("dns-port", flavored("gke", { dns: ["10.0.99.1"] }));
    for (const to of ["169.254.169.254", "169.254.20.10", "10.0.99.1", dnsAddress])
      expect([80, 443, 988, 8080].filter((port) => reaches(to, port, "TCP"))).toEqual([]);
  });

  test("a pod that has a key of Google's storage has no way to the metadata, and one of whose identity it is has", async () => {
    const from =
      (access: object): Change =>
      (cluster, platform) => {
        platform.flavor = "gke";
        platform.backupAccess = access;
        cluster.backup = { to: "gs://backups/x" };
      };
    const ways: [string, number][] = [
      ["169.254.169.254", 80],
      ["169.254.169.252", 988],
    ];
    const seen = async (name: string, access: object, component: string) => {
      const { policies, pods } = await asks(name, from(access));
      const pod = pods.find(({ labels }) => labels["app.kubernetes.io/component"] === component);
      if (!pod) throw new Error(`no pod ${component}`);
      return ways.map(([address, port]) => isAllowed(policies, { from: pod, to: { address }, port }));
    };
    const mixed = { secret: "key", prune: {} };
    expect(await seen("gs-key", mixed, "backup")).toEqual([false, false]);
    expect(await seen("gs-key-drill", mixed, "drill")).toEqual([false, false]);
    expect(await seen("gs-key-prune", mixed, "prune")).toEqual([true, true]);
    expect(await seen("gs-own", {}, "backup")).toEqual([true, true]);
    expect(await seen("gs-own-drill", {}, "drill")).toEqual([true, true]);
  });

  test("resolvers that the configuration names, and no neighbours of theirs", async () => {
    const dns = ["10.0.99.1", "192.0.2.16/30", "fd00:ec2::253"];
    const { reaches } = await asks("dns-named", flavored("generic", { dns }));
    const seen = ["10.0.99.1", "192.0.2.19", "fd00:ec2::253", "10.0.99.2", "192.0.2.20", "fd00:ec2::254"];
    expect(seen.map((address) => reaches(address))).toEqual([true, true, true, false, false, false]);
  });

  test("the Service of another name, or none", async () => {
    const other = await asks("dns-other", flavored("generic", { dnsService: "dns/coredns" }));
    expect(other.services).toEqual([{ namespace: "dns", name: "coredns" }]);
    const none = await asks("dns-none", flavored("generic", { dnsService: false }));
    expect(none.services).toEqual([]);
    expect([dnsAddress, "169.254.20.10"].map((address) => none.reaches(address))).toEqual([false, true]);
    const open = await asks("dns-open", flavored("generic", { egress: false }));
    expect(open.services).toEqual([]);
  });

  const noTerraform = spawnSync("terraform", ["version"]).status !== 0;
  (noTerraform ? test.skip : test)(
    "Terraform makes a network of the Service's address, and never one of everything",
    () => {
      const app = new App({ outdir: join(root, "addresses") });
      const stack = new TerraformStack(app, "addresses");
      new TerraformVariable(stack, "found", { default: ["10.96.0.10", "fd00:10:96::a", "None"] });
      // Two addresses; no such Service; a Service without an address, in two ways.
      const cases = ["var.found[0]", "var.found[1]", "var.found[3]", "tostring(null)", "var.found[2]"];
      for (const [i, address] of cases.entries())
        new TerraformOutput(stack, `at-${i}`, { value: addressNetwork(String(ref(address))) });
      app.synth();
      const terraform = (...args: string[]) =>
        execFileSync("terraform", [`-chdir=${join(root, "addresses/stacks/addresses")}`, ...args], {
          encoding: "utf8",
          stdio: "pipe",
        });
      terraform("init");
      terraform("apply", "-auto-approve");
      const outputs = JSON.parse(terraform("output", "-json")) as Record<string, { value: string }>;
      const none = "169.254.20.10/32";
      expect(Object.values(outputs).map(({ value }) => value)).toEqual([
        "10.96.0.10/32",
        "fd00:10:96::a/128",
        none,
        none,
        none,
      ]);
    },
  );
});

test("egress can be left open: then policies say nothing of it", async () => {
  const open = await changedOnKubernetes("open", root, (_, platform) => {
    platform.networkPolicies = { egress: false };
  });
  const { policies, needed, releases, ...world } = worldOf(
    open,
    Object.values(synthesized([open], join(root, "open"))),
  );
  expect(refused({ ...world, policies, needed, releases })).toEqual([]);
  expect(policies.map(({ spec }) => [spec.policy_types, spec.egress ?? []])).toEqual(
    policies.map(() => [["Ingress"], []]),
  );
  const [release] = releases;
  expect(isAllowed(policies, { from: chartPod(release as Release), to: elsewhere, port: 25 })).toBe(true);
  expect(isAllowed(policies, { from: podOf("shop"), to: chartPod(release as Release), port: 6222 })).toBe(false);
});

("missing" in chart ? test.skip : test)("the chart's pods have the labels that policies look for", () => {
  for (const { releases, policies } of worlds) {
    for (const release of releases) {
      const labelsOf = (desired: string) =>
        renderChart(release.values, release).flatMap(({ kind, spec }) => {
          const template = spec?.template as { metadata: { labels: Record<string, string> } } | undefined;
          return template && kind === desired ? [template.metadata.labels] : [];
        });
      const [servers, boxes] = [labelsOf("StatefulSet"), labelsOf("Deployment")];
      expect(servers).toEqual([expect.objectContaining(chartPod(release).labels)]);
      const box = expect.objectContaining(chartPod(release, "nats-box").labels);
      expect(boxes).toEqual(release.values.natsBox.enabled ? [box] : []);
      for (const labels of [...servers, ...boxes]) {
        const named = policies.filter((policy) => selects(policy, podOf(release.namespace, labels)));
        // Nobody's, which is everyone's, and its own.
        expect(named).toHaveLength(2);
      }
    }
  }
});

import { join } from "node:path";
import type { StackContext } from "../../../modules/terraform/context";
import { findChart, renderChart } from "../../support/chart";
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
  releasesOf,
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

function worldOf({ topology }: StackContext, stacks: readonly Stack[]): World {
  const policies = stacks.flatMap((stack) => Object.values(all(stack, "kubernetes_network_policy_v1"))) as Policy[];
  const [programs, releases] = [programsOf(stacks), releasesOf(stacks)];
  const metrics = programs
    .filter(({ variables }) => variables.HTTP_PORT)
    .map(({ pod: to, variables }) => ({ why: "metrics", from: prometheus, to, port: Number(variables.HTTP_PORT) }));
  const isOnEks = topology.clusters.some(({ platform }) => platform.kind === "kubernetes" && platform.flavor === "eks");
  const agent = { address: "169.254.170.23" };
  const lent = programs
    .filter(({ variables }) => isOnEks && /^s3:/.test(variables.BACKUP_TO ?? ""))
    .map(({ pod: from }) => ({ why: "rights that the cloud lends", from, to: agent, port: 80 }));
  const needed = [
    ...lent,
    ...programs.flatMap((program) => neededBy(program, releases)),
    ...releases.flatMap((release) => neededByRelease(release, releases)),
    ...metrics,
  ];
  return { name: topology.environment, policies, programs, releases, needed };
}
const prometheus = podOf("monitoring", { app: "prometheus" });

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
  expect(cases.filter(([, wanted, seen]) => wanted !== seen)).toEqual([]);
});

test("there are policies, programs and connections to speak of", () => {
  expect(worlds.length).toBeGreaterThanOrEqual(3);
  const names = worlds.flatMap(({ programs }) => programs.map(({ pod }) => pod.labels["app.kubernetes.io/name"]));
  expect([...new Set(names)].sort()).toEqual(["auth-callout", "backup", "certificate-renewal", "streams"]);
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
  const cases: [string, Pod, Needed["to"], number][] = [
    ["a server to the internet", servers, elsewhere, 443],
    ["a server to another namespace", servers, podOf("shop"), 4222],
    ["the callout to the routes", program("auth-callout"), servers, 6222],
    ["the callout to Vault", program("auth-callout"), podOf("vault"), 8200],
    ["the callout to another port outside", program("auth-callout"), elsewhere, 25],
    ["the renewal to the internet's mail", program("certificate-renewal"), elsewhere, 25],
    ["the streams to the internet", program("streams"), elsewhere, 443],
    ["the backup to the routes", program("backup", "backup"), servers, 6222],
    ["the drill to servers with data", program("backup", "drill"), servers, 4222],
    ["a visitor to the routes", podOf("shop"), servers, 6222],
    ["a visitor to the callout's metrics", elsewhere as unknown as Pod, program("auth-callout"), 9090],
    ["the internet to monitoring", elsewhere as unknown as Pod, servers, 8222],
    ...[servers, ...["auth-callout", "certificate-renewal", "streams", "backup"].map((name) => program(name))].map(
      (from): [string, Pod, Needed["to"], number] => ["anyone to the rights of its node", from, metadata, 80],
    ),
  ];
  const let_through = cases.filter(([, from, to, port]) => isAllowed(world.policies, { from, to, port }));
  expect(let_through.map(([what]) => what)).toEqual([]);
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
      const labelsOf = (wanted: string) =>
        renderChart(release.values, release).flatMap(({ kind, spec }) => {
          const template = spec?.template as { metadata: { labels: Record<string, string> } } | undefined;
          return template && kind === wanted ? [template.metadata.labels] : [];
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

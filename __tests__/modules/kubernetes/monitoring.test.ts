import { join } from "node:path";
import { parse } from "yaml";
import { type EnvironmentInput, parseEnvironment } from "../../../model/config";
import { all, type Block, contextOf, one, projectWithCode, type Stack, synthesized } from "../../support/stacks";

type Cluster = EnvironmentInput["clusters"][string];
type Platform = Extract<Cluster["platform"], { kind: "kubernetes" }>;
type Change = (platform: Platform, cluster: Cluster, input: EnvironmentInput) => void;

const root = projectWithCode();
let core: Record<string, Stack>;

function changeOf(change: Change): (input: EnvironmentInput) => void {
  return (input) => {
    const { nats } = input.clusters;
    if (nats?.platform.kind !== "kubernetes") throw new Error("the environment has no cluster nats on Kubernetes");
    change(nats.platform, nats, input);
  };
}

/** Prometheus, wherever something is made for it. */
const from = [{ namespace: "monitoring" }];

const variants: Record<string, Change> = {
  shipped: () => undefined,
  service: (platform) => {
    const dashboard = { namespace: "monitoring", labels: { grafana_dashboard: "yes" } };
    platform.monitoring = {
      monitor: "service",
      rules: true,
      dashboard,
      labels: { release: "prom" },
      interval: "1m",
      from,
    };
    platform.chart = {
      values: { extraResources: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mine" } }] },
    };
  },
  pod: (platform) => {
    platform.monitoring = { monitor: "pod", labels: { release: "prom" }, from };
  },
  unwatched: (platform) => {
    platform.monitoring = { exporter: false };
  },
  edge: (platform, cluster, input) => {
    platform.monitoring = { rules: true, from };
    cluster.tls = { issuer: "local" };
    cluster.foreignLeafs = { shop: { accounts: ["APP"] } };
    input.clusters.edge = {
      platform: { kind: "kubernetes", flavor: "gke", namespace: "edge", monitoring: { rules: true, from } },
      size: 2,
      leafOf: { cluster: "nats", accounts: ["APP", "LEAF"] },
    };
  },
};

beforeAll(async () => {
  const contexts = Object.entries(variants).map(([name, change]) =>
    contextOf("kubernetes-production", root, (input) => {
      input.name = name;
      changeOf(change)(input);
    }),
  );
  core = synthesized(await Promise.all(contexts), join(root, "out"));
});

const stack = (name: string, cluster = "nats") => core[`${name}-${cluster}-core`];

interface Resource {
  kind: string;
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: Record<string, unknown>;
}
interface Values {
  extraResources?: Resource[];
  promExporter: { enabled: boolean; podMonitor: Record<string, unknown> };
}
/** The values that Helm gets, read as Helm does. */
const valuesOf = (name: string, cluster?: string): Values =>
  parse(String(one<{ values: string[] }>(stack(name, cluster), "helm_release").values[0]));
const resources = (name: string, kind: string, cluster?: string) =>
  (valuesOf(name, cluster).extraResources ?? []).filter((resource) => resource.kind === kind);

interface Service {
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: { port: Block[]; selector: Record<string, string>; cluster_ip: string; publish_not_ready_addresses: boolean };
}
const serviceOf = (of: Stack | undefined) => one<Service>(of, "kubernetes_service_v1");
const contains = (labels: Record<string, string>, selector: Record<string, string>) =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

test("a Service has the exporter's port on every server, ready or not, and the stack says where", () => {
  const { metadata, spec } = serviceOf(stack("shipped"));
  expect(metadata.name).toBe("nats-metrics");
  expect(spec).toMatchObject({
    cluster_ip: "None",
    publish_not_ready_addresses: true,
    selector: { "app.kubernetes.io/name": "nats", "app.kubernetes.io/component": "nats" },
    port: [{ name: "metrics", port: 7777, target_port: "prom-metrics" }],
  });
  expect(stack("shipped")?.output.metrics_url).toMatchObject({
    value: "http://nats-metrics.nats.svc.cluster.local:7777/metrics",
  });
});

test("nothing of the Prometheus operator is made unless it is asked for", () => {
  expect(valuesOf("shipped")).toMatchObject({ promExporter: { enabled: true, podMonitor: { enabled: false } } });
  expect(valuesOf("shipped").extraResources).toBeUndefined();
  expect(all(stack("shipped"), "kubernetes_config_map_v1")).not.toHaveProperty("monitoring_dashboard");
});

test("a ServiceMonitor chooses the Service of the exporters, another one the Service of the responders", () => {
  const [servers, callout] = resources("service", "ServiceMonitor");
  const selectorOf = (monitor: Resource | undefined) =>
    ((monitor?.spec.selector ?? {}) as { matchLabels: Record<string, string> }).matchLabels;
  expect(contains(serviceOf(stack("service")).metadata.labels, selectorOf(servers))).toBe(true);
  expect(servers?.spec.endpoints).toEqual([{ port: "metrics", interval: "1m" }]);
  const responders = serviceOf(core["service-nats-auth"]);
  expect(contains(responders.metadata.labels, selectorOf(callout))).toBe(true);
  expect(contains(serviceOf(stack("service")).metadata.labels, selectorOf(callout))).toBe(false);
  expect(callout?.spec.endpoints).toEqual([{ port: responders.spec.port[0]?.name, interval: "1m" }]);
  for (const { metadata } of [servers, callout].flatMap((monitor) => monitor ?? [])) {
    expect(metadata).toMatchObject({ namespace: "nats", labels: { release: "prom" } });
  }
});

test("PodMonitors are the chart's own, and one for the responders", () => {
  expect(valuesOf("pod").promExporter.podMonitor).toEqual({
    enabled: true,
    merge: { metadata: { labels: { release: "prom" } } },
    patch: [{ op: "add", path: "/spec/podMetricsEndpoints/0/interval", value: "30s" }],
  });
  expect(resources("pod", "PodMonitor").map(({ metadata }) => metadata.name)).toEqual(["nats-auth-callout"]);
  expect(resources("pod", "ServiceMonitor")).toEqual([]);
});

test("resources of one's own stand beside them", () => {
  expect(valuesOf("service").extraResources?.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    "ServiceMonitor nats",
    "ServiceMonitor nats-auth-callout",
    "PrometheusRule nats",
    "ConfigMap mine",
  ]);
});

interface Rule {
  alert: string;
  expr: string;
  annotations: Record<string, string>;
}
const rulesOf = (name: string, cluster?: string): Rule[] =>
  resources(name, "PrometheusRule", cluster).flatMap(({ spec }) =>
    (spec.groups as { rules: Rule[] }[]).flatMap(({ rules }) => rules),
  );
const exprOf = (rules: readonly Rule[], alert: string) => rules.find((rule) => rule.alert === alert)?.expr;

test("alerts know what there should be: servers, streams, leaf nodes, jobs", () => {
  const rules = rulesOf("service");
  expect(exprOf(rules, "NatsServerDown")).toMatch(/ < 3$/);
  expect(exprOf(rules, "NatsReplicaMissing")).toMatch(/stream_name=~"TEST".* < 3$/);
  expect(exprOf(rules, "NatsServerMemory")).toContain(String(8 * 2 ** 30));
  expect(exprOf(rules, "NatsLeafNodesMissing")).toBeUndefined();
  const cronJobs = Object.values(all(core["service-nats-backup"], "kubernetes_cron_job_v1")).map(
    (job) => (job as { metadata: { name: string } }).metadata.name,
  );
  const renewal = one<{ metadata: { name: string } }>(stack("service"), "kubernetes_cron_job_v1").metadata.name;
  const asked = ["NatsBackupFails", "NatsRestoreDrillFails", "NatsBackupsNotPruned", "NatsCertificatesExpire"].flatMap(
    (alert) => (/cronjob=~"([^"]+)"/.exec(exprOf(rules, alert) ?? "")?.[1] ?? "").split("|"),
  );
  expect(asked.sort()).toEqual([...cronJobs, renewal].sort());
});

test("a hub counts its leaf nodes, and each of these its links", () => {
  expect(exprOf(rulesOf("edge"), "NatsLeafNodesMissing")).toMatch(/ < 5$/);
  expect(exprOf(rulesOf("edge", "edge"), "NatsHubUnreachable")).toMatch(/ < 2$/);
});

test("a cluster that nobody renews for has no alert that waits for it", () => {
  const names = rulesOf("edge").map(({ alert }) => alert);
  expect(names).not.toContain("NatsCertificatesNotRenewed");
  expect(names).toContain("NatsBackupFails");
});

test("the dashboard lies where Grafana looks, and is what it was after Terraform has read it", () => {
  const { metadata, data } = one<{ metadata: Block; data: Record<string, string> }>(
    stack("service"),
    "kubernetes_config_map_v1",
    "monitoring",
  );
  expect(metadata).toMatchObject({ namespace: "monitoring", labels: { grafana_dashboard: "yes" } });
  const [file, text = ""] = Object.entries(data)[0] ?? [];
  expect(file).toBe("nats-service-nats-dashboard.json");
  expect(text).not.toMatch(/[$%]\{/);
  expect(JSON.parse(text)).toMatchObject({ uid: "nats-service-nats" });
});

test("without exporters nothing is there to be asked", () => {
  expect(valuesOf("unwatched").promExporter.enabled).toBe(false);
  expect(all(stack("unwatched"), "kubernetes_service_v1")).toEqual({});
  expect(stack("unwatched")?.output.metrics_url).toBeUndefined();
  const policies = JSON.stringify(all(stack("unwatched"), "kubernetes_network_policy_v1"));
  expect(policies).not.toContain("7777");
  expect(JSON.stringify(all(stack("shipped"), "kubernetes_network_policy_v1"))).toContain("7777");
});

describe("what cannot be is refused at its place", () => {
  const problems = (change: Change) => {
    const { default: shipped } = require("../../../environments/kubernetes-production.ts") as {
      default: EnvironmentInput;
    };
    const input = structuredClone(shipped);
    changeOf(change)(input);
    return (parseEnvironment(input, input.name).problems ?? []).map(
      ({ path, message, fix }) => `${path.join(".")} ${message}${fix ? `; ${fix}` : ""}`,
    );
  };
  const at = "clusters.nats.platform";

  test.each<[string, Change, (string | RegExp)[]]>([
    [
      "an Ingress without a domain and browsers",
      (platform) => Object.assign(platform, { ingress: {} }),
      [/^clusters\.nats\.platform\.domain is required by ingress/, /^clusters\.nats\.websocket is required by ingress/],
    ],
    [
      "monitors, rules and a dashboard of nothing",
      (platform) =>
        Object.assign(platform, { monitoring: { exporter: false, monitor: "pod", rules: true, dashboard: {}, from } }),
      ["dashboard", "monitor", "rules"].map(
        (key) => `${at}.monitoring.${key} has nothing to show without the exporter; leave exporter out, or this`,
      ),
    ],
    [
      "metrics that nobody may read",
      (platform) => Object.assign(platform, { monitoring: { exporter: true, monitor: "pod", rules: true } }),
      [/monitoring\.from names nobody who may read what exporter, monitor, rules show; for example \[\{ namespace/],
    ],
    [
      "an exporter's readers without a namespace",
      (platform) => Object.assign(platform, { monitoring: { from: [{ pods: { app: "prometheus" } }] } }),
      [/^clusters\.nats\.platform\.monitoring\.from\.0\.namespace is required/],
    ],
    [
      "a user that nobody is",
      (platform) => Object.assign(platform, { natsBox: { users: ["sys", "streams-AP"] } }),
      [`${at}.natsBox.users.1 is no user that nats-box may be; did you mean "streams-APP"?`],
    ],
    [
      "a program's user",
      (platform) => Object.assign(platform, { natsBox: { users: ["responder"] } }),
      [/natsBox\.users\.0 is no user that nats-box may be/],
    ],
    [
      "no user",
      (platform) => Object.assign(platform, { natsBox: { users: [] } }),
      [`${at}.natsBox.users must name at least one user`],
    ],
    [
      "a user twice",
      (platform) => Object.assign(platform, { natsBox: { users: ["sys", "sys"] } }),
      [`${at}.natsBox.users must name each user once`],
    ],
    ["an old name", (platform) => Object.assign(platform, { podMonitor: true }), [/podMonitor/]],
    ["no pause", (platform) => Object.assign(platform, { monitoring: { interval: "0s" } }), [/monitoring\.interval/]],
  ])("%s", (_, change, expected) => {
    expect(problems(change)).toEqual(expected.map((one) => expect.stringMatching(one)));
  });
});

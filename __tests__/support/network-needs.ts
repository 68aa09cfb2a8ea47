import { parse } from "yaml";
import type { KubernetesPlatform } from "../../model/topology";
import { dnsAddress } from "./kubernetes-manifests";
import type { Connection, Endpoint } from "./network-policy";
import { all, type Block, type Stack } from "./stacks";

export type Pod = Extract<Endpoint, { labels: object }>;
/** A kind of pods, and what one of them is told. */
export interface Program {
  name: string;
  pod: Pod;
  variables: Record<string, string>;
  /** Secrets whose keys are variables as well. */
  secrets: string[];
  /** Has a token of Kubernetes: it talks to the API. */
  token: boolean;
}
/** A connection that a program cannot do without. */
export type Needed = Connection & { why: string };

/** The programs of an environment's stacks, but for what the chart makes. */
export function programsOf(stacks: readonly Stack[]): Program[] {
  interface Container {
    env?: { name: string; value: string }[];
    env_from?: { secret_ref: { name: string } }[];
  }
  interface Template {
    metadata: { labels: Record<string, string> };
    spec: { automount_service_account_token: boolean; container: Container[] };
  }
  interface Workload {
    metadata: { name: string; namespace: string };
    spec: { template?: Template; job_template?: { spec: { template: Template } } };
  }
  const types = ["deployment", "job", "cron_job"].map((type) => `kubernetes_${type}_v1`);
  const workloads = stacks.flatMap((stack) => types.flatMap((type) => Object.values(all(stack, type))));
  return (workloads as unknown as Workload[]).map(({ metadata: { name, namespace }, spec }) => {
    const template = spec.template ?? spec.job_template?.spec.template;
    if (!template) throw new Error(`${name} makes no pods`);
    const variables = template.spec.container.flatMap(({ env = [] }) => env.map((one) => [one.name, one.value]));
    return {
      name,
      pod: { namespace, labels: template.metadata.labels },
      variables: Object.fromEntries(variables),
      secrets: template.spec.container.flatMap(({ env_from = [] }) => env_from.map((one) => one.secret_ref.name)),
      token: template.spec.automount_service_account_token,
    };
  });
}

/** What the chart is told. */
export interface Release {
  name: string;
  namespace: string;
  values: { config: Record<string, Block & { enabled?: boolean }>; natsBox: { enabled: boolean }; promExporter: Block };
}
export const releasesOf = (stacks: readonly Stack[]): Release[] =>
  stacks
    .flatMap((stack) => Object.values(all(stack, "helm_release")))
    .map((block) => ({ ...(block as unknown as Release), values: parse((block.values as string[])[0] ?? "") }));

/** A pod as the chart labels it; a test compares them with the chart's own. */
export const chartPod = ({ name, namespace }: Release, component = "nats"): Pod => ({
  namespace,
  labels: {
    "app.kubernetes.io/name": "nats",
    "app.kubernetes.io/instance": name,
    "app.kubernetes.io/component": component,
  },
});

/** Addresses outside of the Kubernetes cluster are all alike to a policy that names none. */
export const elsewhere: Endpoint = { address: "203.0.113.7" };
export const podOf = (namespace: string, labels: Record<string, string> = {}): Pod => ({ namespace, labels });

/** What a URL leads to: a server, another Service's pod, whose port is its own, or something outside. */
function leadsTo(url: string, releases: readonly Release[]): Pick<Connection, "to" | "port"> {
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port) || (protocol === "http:" ? 80 : 443);
  const [, service, namespace] = /([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/.exec(hostname) ?? [];
  if (!service || !namespace) {
    return { to: /^[\d.]+$/.test(hostname) ? { address: hostname } : elsewhere, port: number };
  }
  const release = releases.find((one) => one.namespace === namespace && service.replace(/-headless$/, "") === one.name);
  return release ? { to: chartPod(release), port: number } : { to: podOf(namespace), port: 40_404 };
}

/** What the program's own variables make it connect to. */
export function neededBy(program: Program, releases: readonly Release[], resolvers: readonly Endpoint[]): Needed[] {
  const { name, pod, variables, token } = program;
  const { NATS_SERVERS = variables.NATS_URL, VAULT_ADDR, SERVED, OIDC_ISSUER, OIDC_JWKS_URI, BACKUP_TO } = variables;
  const bucket = BACKUP_TO?.startsWith("file:") ? undefined : BACKUP_TO;
  const served = JSON.parse(SERVED ?? "[]") as { host: string; port: number }[];
  const urls = {
    "its servers": NATS_SERVERS?.split(",") ?? [],
    Vault: VAULT_ADDR ? [VAULT_ADDR] : [],
    "the issuer's keys": [OIDC_JWKS_URI ?? OIDC_ISSUER ?? []].flat(),
    "every listener": served.map(({ host, port }) => `tls://${host}:${port}`),
    "its bucket": bucket ? ["https://bucket.example.com"] : [],
  };
  const needed = Object.entries(urls).flatMap(([why, all]) =>
    all.map((url) => ({ why: `${name}: ${why}`, from: pod, ...leadsTo(url, releases) })),
  );
  const api = token ? [443, 6443].map((port) => ({ why: `${name}: the API`, from: pod, to: elsewhere, port })) : [];
  return withDns(name, pod, [...needed, ...api], resolvers);
}

/** What servers and the rest of the chart connect to, and who connects to them. */
export function neededByRelease(
  release: Release,
  releases: readonly Release[],
  resolvers: readonly Endpoint[],
  readers: readonly Endpoint[],
): Needed[] {
  const { config, natsBox, promExporter } = release.values;
  const servers = chartPod(release);
  const visitor = podOf("shop", { app: "shop" });
  const port = (name: string) => Number(config[name]?.port);
  const open = ["leafnodes", "websocket"].filter((name) => config[name]?.enabled).map(port);
  // The only URLs of the configuration are those of hubs: routes are the chart's to write.
  const hubs = JSON.stringify(config).match(/tls:\/\/[^"]+:\d+/g) ?? [];
  const out: Needed[] = [
    { why: "a route", from: servers, to: servers, port: port("cluster") },
    ...hubs.map((url) => ({ why: "a hub", from: servers, ...leadsTo(url, releases) })),
  ];
  const clients = [port("nats"), ...open].flatMap((one) =>
    [visitor, elsewhere].map((from) => ({ why: "a client", from, to: servers, port: one })),
  );
  const box = chartPod(release, "nats-box");
  return [
    ...withDns("servers", servers, config.cluster?.enabled ? out : out.slice(1), resolvers),
    ...clients,
    ...readers.flatMap((from) => [
      { why: "monitoring", from, to: servers, port: port("monitor") },
      ...(promExporter.enabled ? [{ why: "metrics", from, to: servers, port: 7777 }] : []),
    ]),
    ...(natsBox.enabled ? withDns("nats-box", box, boxNeeds(box, servers), resolvers) : []),
  ];
}

const boxNeeds = (from: Pod, to: Pod): Needed[] =>
  [4222, 8222].map((port) => ({ why: "nats-box: servers", from, to, port }));

/** Whoever the configuration lets read metrics. */
export const readersOf = ({ monitoring }: KubernetesPlatform): Endpoint[] =>
  monitoring.from.map(({ namespace, pods }) => podOf(namespace, pods));

/** Where pods look up names: the ways that the flavors and the settings of the platforms know. */
export function resolversOf({ flavor, networkPolicies }: KubernetesPlatform): Endpoint[] {
  const settings = networkPolicies.dns.map((network) => ({ address: network.split("/")[0] ?? "" }));
  return [
    podOf("kube-system", { "k8s-app": "kube-dns" }),
    podOf("kube-system", { "k8s-app": "node-local-dns" }),
    { address: "169.254.20.10" },
    ...(networkPolicies.dnsService ? [{ address: dnsAddress }] : []),
    ...(flavor === "gke" ? [{ address: "169.254.169.254" }] : []),
    ...settings,
  ];
}

/** Whoever talks to somebody asks for an address first. */
function withDns(name: string, from: Pod, needed: Needed[], resolvers: readonly Endpoint[]): Needed[] {
  if (needed.length === 0) return [];
  const asked = resolvers.flatMap((to) =>
    (["TCP", "UDP"] as const).map((protocol) => ({ why: `${name}: DNS`, from, to, port: 53, protocol })),
  );
  return [...needed, ...asked];
}

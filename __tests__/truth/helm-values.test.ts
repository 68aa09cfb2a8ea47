import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createPair, seedOf } from "../../cli/keys/seeds";
import { MemoryStore } from "../../cli/keys/store";
import { clusterOf, isOnKubernetes, type KubernetesCluster, type ServerTopology } from "../../model/topology";
import { helmValues, valuesProblems } from "../../templates/helm-values";
import { chartConf } from "../../templates/helm-values/chart-conf";
import { merged } from "../../templates/helm-values/merged";
import { printConf, serverConf } from "../../templates/nats-conf";
import { findChart, renderChart, renderedConf } from "../support/chart";
import { ChartServers } from "../support/chart-servers";
import { chartText } from "../support/chart-text";
import { eventually } from "../support/eventually";
import { PodFolders } from "../support/kubernetes-folders";
import { findProgram } from "../support/programs";
import { platforms, type RichServer, richTopology } from "../support/same-server";

const run = promisify(execFile);
const natsServer = findProgram("nats-server") as string;
const chart = findChart();
if ("missing" in chart) console.warn(`the chart itself is not rendered: ${chart.missing}`);
const withChart = "missing" in chart ? test.skip : test;

/** The digest that nats-server computes of a configuration in the pod's own places. */
async function digest(folders: PodFolders, text: string): Promise<string> {
  const file = join(folders.root, "etc/nats-config/nats.conf");
  writeFileSync(file, folders.placed(text));
  const { stdout, stderr } = await run(natsServer, ["-t", "-c", file], {
    env: { ...process.env, SERVER_NAME: "core-0", POD_NAME: "core-0" },
  });
  const found = /sha256:[0-9a-f]{64}/.exec(stdout + stderr)?.[0];
  if (!found) throw new Error(`nats-server says no digest: ${stdout}${stderr}`);
  return found;
}

const cases = (["callout", "operator"] as const).flatMap((mode) =>
  (["gke", "generic"] as const).map((platform) => ({ mode, platform })),
);

describe.each(cases)("in $mode mode on $platform", ({ mode, platform }) => {
  let rich: RichServer;
  let cluster: KubernetesCluster;
  let folders: PodFolders;
  let values: Record<string, unknown>;
  const release = () => ({ name: "core", namespace: cluster.platform.namespace });

  beforeAll(async () => {
    rich = await richTopology(mode, platforms[platform], new MemoryStore());
    if (!isOnKubernetes(rich.cluster)) throw new Error("not on Kubernetes");
    cluster = rich.cluster;
    folders = await PodFolders.make(rich.topology, cluster);
    folders.write("/etc/nats-creds/leaf-core-APP.conf", `nkey: "${seedOf(createPair("user"))}"\n`);
    folders.write("/etc/nats-creds/leaf-core-APP.creds", "");
    values = helmValues({ ...rich, cluster, storageClass: "fast" });
  });
  afterAll(() => folders.remove());

  const ours = () => {
    const server = cluster.servers[0] as ServerTopology;
    return printConf(serverConf({ ...rich, server, site: folders.site }));
  };

  test("the values hold nothing that the chart does not know", () => {
    expect(valuesProblems(values)).toEqual([]);
  });

  test("the chart makes the very configuration that every other platform gets, its places included", async () => {
    const desired = await digest(folders, ours());
    expect(await digest(folders, chartText(chartConf(values, release())))).toBe(desired);
  });

  withChart("Helm and the official chart make it too", async () => {
    const text = renderedConf(renderChart(values, release()));
    expect(await digest(folders, text)).toBe(await digest(folders, ours()));
  });
});

withChart.each<[string, Record<string, unknown>]>([
  ["listeners of one's own", { mqtt: { enabled: true }, gateway: { enabled: true }, profiling: { enabled: true } }],
  ["a monitoring port with TLS", { monitor: { tls: { enabled: true } } }],
  ["a WebSocket port without TLS", { websocket: { enabled: true, tls: { enabled: false } } }],
  ["other files of a certificate", { cluster: { tls: { cert: "a.crt", key: "a.key", dir: "/certs/" } } }],
  ["logins of routes", { cluster: { routeURLs: { user: "a b", password: "p@w", useFQDN: false } } }],
  ["a store in memory alone", { jetstream: { fileStore: { enabled: false } } }],
  [
    "keys of one's own",
    { merge: { max_closed_clients: 500, ping_interval: "3m" }, cluster: { merge: { pool_size: 5 } } },
  ],
])("the chart makes of %s what the model of it says", async (_, config) => {
  const rich = await richTopology("callout", platforms.generic, new MemoryStore());
  const { cluster } = rich;
  if (!isOnKubernetes(cluster)) throw new Error("not on Kubernetes");
  const values = {
    ...merged(helmValues({ ...rich, cluster }), { config }),
    tlsCA: { enabled: true, secretName: "ca" },
  };
  const release = { name: "core", namespace: cluster.platform.namespace };
  // What the chart prints with its keys sorted, is compared as text.
  expect(renderedConf(renderChart(values, release)).trim()).toBe(chartText(plain(chartConf(values, release))));
});

/** As Helm prints a map: keys sorted. */
function plain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(plain) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)])) as T;
}

test("another value is another configuration", async () => {
  const rich = await richTopology("callout", platforms.generic, new MemoryStore());
  const { cluster } = rich;
  if (!isOnKubernetes(cluster)) throw new Error("not on Kubernetes");
  const folders = await PodFolders.make(rich.topology, cluster);
  try {
    folders.write("/etc/nats-creds/leaf-core-APP.conf", `nkey: "${seedOf(createPair("user"))}"\n`);
    const release = { namespace: cluster.platform.namespace };
    const conf = chartConf(helmValues({ ...rich, cluster }), release);
    const desired = await digest(folders, chartText(conf));
    for (const [path, value] of [
      [["cluster", "name"], "other"],
      [["cluster", "tls", "timeout"], 6],
      [["jetstream", "max_file_store"], "<< 2GiB >>"],
      [["leafnodes", "isolate_leafnode_interest"], false],
      [["max_payload"], "<< 5MiB >>"],
    ] as [string[], unknown][]) {
      const over = path.reduceRight<unknown>((below, key) => ({ [key]: below }), value) as Record<string, unknown>;
      expect({ path, same: (await digest(folders, chartText(merged(conf, over)))) === desired }).toEqual({
        path,
        same: false,
      });
    }
  } finally {
    folders.remove();
  }
});

test("three real servers of the chart's configuration find each other and share JetStream, in operator mode", async () => {
  const rich = await richTopology("operator", platforms.generic, new MemoryStore());
  const cluster = clusterOf(rich.topology, "hub");
  if (!isOnKubernetes(cluster)) throw new Error("not on Kubernetes");
  const values = helmValues({ ...rich, cluster, storageClass: "fast" });
  const conf = chartConf(values, { namespace: cluster.platform.namespace });
  const servers = await ChartServers.start(natsServer, rich.topology, cluster, conf);
  try {
    await servers.ready();
    for (const [i, { name }] of cluster.servers.entries()) {
      const varz = await servers.ask<{ server_name: string; system_account: string }>(i, "/varz");
      expect(varz).toMatchObject({ server_name: name, system_account: rich.trust.accounts.SYS?.publicKey });
      const others = cluster.servers.map((server) => server.name).filter((other) => other !== name);
      // Healthy is who knows the leader: the other two may not have met yet.
      await eventually(`${name} has routes to ${others.join(" and ")}`, async () => {
        const { routes } = await servers.ask<{ routes: { remote_name: string }[] }>(i, "/routez");
        return [...new Set(routes.map((route) => route.remote_name))].sort().join() === others.join();
      });
      await eventually(`${name} shares JetStream`, async () => {
        const { meta_cluster } = await servers.ask<{ meta_cluster: { cluster_size: number } }>(i, "/jsz");
        return meta_cluster.cluster_size === 3;
      });
    }
  } finally {
    await servers.stop();
  }
});

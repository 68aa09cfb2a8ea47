import type { EnvironmentInput } from "../../model/config";
import { isOnKubernetes } from "../../model/topology";
import { kubernetesContext } from "../../modules/kubernetes/context";
import { monitoringObjects } from "../../modules/kubernetes/monitoring-objects";
import { helmValues, valuesProblems } from "../../templates/helm-values";
import { findChart, type Manifest, renderChart } from "../support/chart";
import { exporterArguments } from "../support/metric-servers";
import { contextOf, projectWithCode } from "../support/stacks";

/** What Helm and the official chart make of monitors, alerts, nats-box and the Ingress. */

const found = findChart();
if ("missing" in found) console.warn(`the chart itself is not rendered: ${found.missing}`);

type Kubernetes = Extract<EnvironmentInput["clusters"][string]["platform"], { kind: "kubernetes" }>;
interface Pod {
  metadata: { labels: Record<string, string> };
  spec: {
    automountServiceAccountToken: boolean;
    securityContext: Record<string, unknown>;
    containers: Container[];
    volumes: { name: string; secret?: { secretName: string; items?: { key: string }[] } }[];
  };
}
interface Container {
  name: string;
  args: string[];
  ports: { name: string; containerPort: number }[];
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

("missing" in found ? describe.skip : describe)("with the chart", () => {
  const root = projectWithCode();

  async function rendered(mode: "callout" | "operator", platform: Partial<Kubernetes>) {
    const context = await contextOf("kubernetes-production", root, (input) => {
      const { nats } = input.clusters;
      if (!nats) throw new Error("the environment has no cluster nats");
      Object.assign(nats.platform, platform);
      nats.websocket = { allowedOrigins: ["https://app.example.com"] };
      const { oidc, permissions } = input.identity;
      if (mode === "callout") input.identity = { mode, oidc, permissions };
    });
    const one = kubernetesContext(context, "nats");
    const objects = monitoringObjects(one);
    if (!isOnKubernetes(one.cluster)) throw new Error("not on Kubernetes");
    const values = helmValues({ ...context, cluster: one.cluster, storageClass: "fast", extraResources: objects });
    expect(valuesProblems(values)).toEqual([]);
    return { objects, manifests: renderChart(values, { name: "nats", namespace: "nats" }) };
  }
  const pick = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
    const picked = manifests.find((one) => one.kind === kind && one.metadata.name === name);
    if (!picked) throw new Error(`no ${kind} ${name}; there are ${manifests.map((one) => one.kind).join(", ")}`);
    return picked;
  };
  const podOf = ({ spec }: Manifest) => spec?.template as Pod;
  const exporterOf = (manifests: readonly Manifest[]) =>
    podOf(pick(manifests, "StatefulSet", "nats")).spec.containers.find(({ name }) => name === "prom-exporter");

  test("monitors and alerts come out as they went in, braces and all", async () => {
    const { manifests, objects } = await rendered("operator", {
      monitoring: { monitor: "service", rules: true, from: [{ namespace: "monitoring" }] },
    });
    expect(objects.map(({ kind }) => kind)).toEqual(["ServiceMonitor", "ServiceMonitor", "PrometheusRule"]);
    for (const object of objects) expect(pick(manifests, object.kind, object.metadata.name)).toEqual(object);
    expect(JSON.stringify(manifests)).toContain("{{ $labels.pod }}");
  });

  test("the exporter gets the arguments that its metrics were compared with, and has the port that Services name", async () => {
    const { manifests } = await rendered("operator", { monitoring: {} });
    const exporter = exporterOf(manifests);
    const own = (exporter?.args ?? []).filter((arg) => !arg.startsWith("-port=") && !arg.startsWith("http://"));
    expect(own.sort()).toEqual([...exporterArguments].sort());
    expect(exporter?.args.at(-1)).toBe("http://localhost:8222/");
    expect(exporter?.ports).toEqual([{ name: "prom-metrics", containerPort: 7777 }]);
  });

  test("the chart's PodMonitor finds the servers' pods", async () => {
    const labels = { release: "prom" };
    const { manifests } = await rendered("operator", {
      monitoring: { monitor: "pod", labels, interval: "15s", from: [{ namespace: "monitoring" }] },
    });
    const { metadata, spec } = pick(manifests, "PodMonitor", "nats");
    expect(metadata.labels).toMatchObject(labels);
    expect(spec?.podMetricsEndpoints).toEqual([
      { port: "prom-metrics", interval: "15s", from: [{ namespace: "monitoring" }] },
    ]);
    const { matchLabels } = (spec?.selector ?? {}) as { matchLabels: object };
    expect(podOf(pick(manifests, "StatefulSet", "nats")).metadata.labels).toMatchObject(matchLabels);
  });

  test("without an exporter there is none of it", async () => {
    const { manifests } = await rendered("operator", { monitoring: { exporter: false } });
    expect(exporterOf(manifests)).toBeUndefined();
    expect(manifests.filter(({ apiVersion }) => apiVersion.startsWith("monitoring."))).toEqual([]);
  });

  test.each([
    ["operator", "creds"],
    ["callout", "user"],
  ] as const)(
    "nats-box in %s mode sees the keys of its users, and has paths alone in its contexts",
    async (mode, kind) => {
      const { manifests } = await rendered(mode, { natsBox: { users: ["streams-APP", "sys"] } });
      const { spec } = podOf(pick(manifests, "Deployment", "nats-box"));
      const secrets = spec.volumes.flatMap(({ secret }) => secret ?? []).filter(({ items }) => items);
      expect(secrets.map(({ secretName, items }) => [secretName, items?.map(({ key }) => key)])).toEqual([
        ["nats-keys", [`${kind}-streams-APP`, `${kind}-sys`]],
        ["nats-authorities", ["internal.crt"]],
      ]);
      // What is mounted as a whole holds paths alone.
      const whole = spec.volumes.flatMap(({ secret }) => secret ?? []).filter(({ items }) => !items);
      expect(whole.map(({ secretName }) => secretName)).toEqual(["nats-box-contexts"]);
      const contexts = pick(manifests, "Secret", "nats-box-contexts") as unknown as {
        stringData: Record<string, string>;
      };
      const read = Object.fromEntries(
        Object.entries(contexts.stringData).map(([key, text]) => [key, JSON.parse(text)]),
      );
      const url = "tls://nats.nats.svc.cluster.local:4222";
      const ca = "/etc/natsform/authorities/ca.crt";
      const login = (user: string) => ({
        [mode === "operator" ? "creds" : "nkey"]: `/etc/natsform/keys/${kind}-${user}`,
      });
      expect(read).toEqual({
        "streams-APP.json": { url, ca, ...login("streams-APP"), inbox_prefix: "_NATSFORM.INBOX.streams" },
        "sys.json": { url, ca, ...login("sys") },
      });
    },
  );

  test("nats-box is a restricted pod without a token, and writes to nothing that stays", async () => {
    const { manifests } = await rendered("operator", { natsBox: {} });
    const { spec } = podOf(pick(manifests, "Deployment", "nats-box"));
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(spec.containers.map(({ securityContext }) => securityContext)).toEqual([
      expect.objectContaining({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      }),
    ]);
    const mounted = spec.containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ mountPath }) => mountPath));
    expect(mounted).toEqual([
      "/etc/nats-contexts",
      "/etc/natsform/keys",
      "/etc/natsform/authorities",
      "/home/nats",
      "/tmp",
    ]);
  });

  test("an Ingress leads the public name to the servers' WebSocket port, over TLS on both sides", async () => {
    const annotations = { "cert-manager.io/cluster-issuer": "letsencrypt" };
    const { manifests } = await rendered("operator", {
      domain: "prod.example.com",
      ingress: { className: "nginx", annotations },
    });
    const { metadata, spec } = pick(manifests, "Ingress", "nats-ws");
    const host = "nats.prod.example.com";
    expect(spec).toEqual({
      ingressClassName: "nginx",
      rules: [
        {
          host,
          http: {
            paths: [
              {
                path: "/",
                pathType: "Exact",
                backend: { service: { name: "nats", port: { name: "websocket" } } },
              },
            ],
          },
        },
      ],
      tls: [{ secretName: "nats-public-tls", hosts: [host] }],
    });
    expect(metadata.annotations).toMatchObject({
      ...annotations,
      "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS",
    });
    const service = pick(manifests, "Service", "nats");
    expect(service.spec?.ports).toContainEqual({
      name: "websocket",
      port: 8080,
      targetPort: "websocket",
      appProtocol: "https",
    });
    expect(service.metadata.annotations).toEqual({ "cloud.google.com/app-protocols": '{"websocket":"HTTPS"}' });
  });

  test("an Ingress may have a certificate of its controller's own, and is not there unless asked for", async () => {
    const own = await rendered("operator", { domain: "prod.example.com", ingress: { tlsSecret: false } });
    expect(pick(own.manifests, "Ingress", "nats-ws").spec?.tls).toBeUndefined();
    const none = await rendered("operator", { domain: "prod.example.com" });
    expect(none.manifests.filter(({ kind }) => kind === "Ingress")).toEqual([]);
  });
});

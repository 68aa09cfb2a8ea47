import { httpGatewayRun } from "../../../model/topology";
import { HttpGateway } from "../../../modules/kubernetes/http-gateway";
import { httpGatewayObjects } from "../../../modules/kubernetes/http-gateway-objects";
import { HttpGatewayEnv } from "../../../runtime/http-gateway/env";
import { GatewaySpec } from "../../../runtime/http-gateway/spec";
import { made } from "../../support/construct";
import { type OnKubernetes, onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

type Gateway = NonNullable<OnKubernetes["httpGateway"]>;

const routes = {
  place: { kind: "stream", path: "/tests/{id}", subject: "test.{id}", stream: "TEST", maxBody: "2MiB" },
} as const;

const contextWith = (more: Partial<Gateway> = {}, flavor: "gke" | "eks" | "generic" = "generic") =>
  onKubernetes((cluster) => {
    cluster.platform.flavor = flavor;
    cluster.platform.domain = "example.com";
    cluster.httpGateway = { routes, ...more };
  });

async function gateway(...[more, flavor]: Parameters<typeof contextWith>): Promise<Record<string, Block[]>> {
  const context = await contextWith(more, flavor);
  const built = context.cluster.httpGateway;
  if (!built) throw new Error("the cluster has no gateway");
  return made((scope) => new HttpGateway(scope, "g", context, built));
}

interface Container {
  image: string;
  env: { name: string; value: string }[];
  port: { name: string; container_port: number }[];
  readiness_probe: { http_get: { path: string; port: string } };
  volume_mount: { mount_path: string; name: string }[];
}
interface PodSpec {
  container: Container[];
  termination_grace_period_seconds: number;
  topology_spread_constraint: { topology_key: string }[];
  volume: { name: string; secret?: { secret_name: string; items: { key: string }[] } }[];
}
function templateOf(blocks: Record<string, Block[]>) {
  const [deployment] = blocks.kubernetes_deployment_v1 ?? [];
  return (deployment as unknown as { spec: { template: { metadata: Block; spec: PodSpec } } }).spec.template;
}
const metadataOf = (block: Block | undefined) =>
  block?.metadata as unknown as { name: string; annotations: Record<string, string> };

test("there are two pods at least, over nodes and zones, of which one at a time goes", async () => {
  const blocks = await gateway();
  expect(blocks.kubernetes_horizontal_pod_autoscaler_v2?.[0]?.spec).toMatchObject({
    min_replicas: 2,
    max_replicas: 20,
    scale_target_ref: { kind: "Deployment", name: "nats-http-gateway" },
  });
  expect(blocks.kubernetes_pod_disruption_budget_v1?.[0]?.spec).toMatchObject({ max_unavailable: "1" });
  expect(blocks.kubernetes_deployment_v1?.[0]?.spec).toMatchObject({
    strategy: { rolling_update: { max_unavailable: "0", max_surge: "1" } },
  });
  expect(templateOf(blocks).spec.topology_spread_constraint.map(({ topology_key }) => topology_key)).toEqual([
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
  ]);
});

test("it is told what its program reads, and gets its own key alone", async () => {
  const blocks = await gateway();
  const { container, volume } = templateOf(blocks).spec;
  const { env = [], image } = container[0] ?? {};
  const told = HttpGatewayEnv.parse(Object.fromEntries(env.map(({ name, value }) => [name, value])));
  expect(told).toMatchObject({ NATS_SERVERS: "tls://nats.nats.svc.cluster.local:4222", HTTP_PORT: 8080 });
  expect(image).toBe("registry.example.com/natsform/http-gateway:1");
  const [keys, ...others] = volume.filter(({ secret }) => secret?.secret_name === "nats-keys");
  expect(keys?.secret?.items.map(({ key }) => key)).toEqual(["user-service-http-gateway-nats"]);
  expect(others).toEqual([]);
  const [routes] = blocks.kubernetes_config_map_v1 ?? [];
  const { "spec.json": spec = "" } = (routes as unknown as { data: Record<string, string> }).data;
  expect(GatewaySpec.parse(JSON.parse(spec)).routes).toMatchObject([{ name: "place", subject: "test.{id}" }]);
});

test("when it is to stop, it has the time for what it has begun after the last request has come", async () => {
  const { termination_grace_period_seconds: grace, container } = templateOf(await gateway()).spec;
  const { readiness_probe, env } = container[0] as Container;
  const drain = Number(env.find(({ name }) => name === "DRAIN_SECONDS")?.value);
  expect(drain).toBe(httpGatewayRun.drainSeconds);
  // Requests at work have 15 seconds after that.
  expect(grace).toBeGreaterThan(drain + 15);
  expect(readiness_probe.http_get).toEqual({ path: "/readyz", port: "admin" });
});

test("other routes are other pods", async () => {
  const marks = async (more: Partial<Gateway>) => templateOf(await gateway(more)).metadata.annotations as Block;
  const [before, after] = [await marks({}), await marks({ origins: ["https://app.example.com"] })];
  expect(before["natsform/routes"]).toMatch(/^\w{32}$/);
  expect(after["natsform/routes"]).not.toBe(before["natsform/routes"]);
  expect(before["natsform/key"]).toMatch(/^U[A-Z2-7]{55}$/);
});

test("its Service shows callers' port and not the one for health", async () => {
  const blocks = await gateway();
  const [service] = blocks.kubernetes_service_v1 ?? [];
  expect(service?.spec).toMatchObject({ port: [{ name: "http", port: 80, target_port: "http" }] });
  expect(blocks.kubernetes_ingress_v1).toBeUndefined();
});

test("an Ingress is for its name alone, over TLS, and lets bodies and readers through that the routes allow", async () => {
  const blocks = await gateway({
    front: { kind: "ingress", className: "nginx", annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" } },
    balancerIdle: "90s",
  });
  const [ingress] = blocks.kubernetes_ingress_v1 ?? [];
  expect(ingress?.spec).toMatchObject({
    ingress_class_name: "nginx",
    tls: [{ hosts: ["api.example.com"], secret_name: "nats-http-gateway-tls" }],
    rule: [{ host: "api.example.com" }],
  });
  expect(metadataOf(ingress).annotations).toMatchObject({
    "cert-manager.io/cluster-issuer": "letsencrypt",
    "nginx.ingress.kubernetes.io/force-ssl-redirect": "true",
    "nginx.ingress.kubernetes.io/proxy-body-size": String(2 * 2 ** 20),
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "90",
    "nginx.ingress.kubernetes.io/proxy-next-upstream": "off",
  });
});

test("on EKS the balancer is that of ECS: closed to what two may read differently, HTTPS alone, with its web ACL", async () => {
  const webAcl = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/one/0a1b";
  const blocks = await gateway({ front: { kind: "ingress", className: "alb", tlsSecret: false }, webAcl }, "eks");
  const [ingress] = blocks.kubernetes_ingress_v1 ?? [];
  expect(ingress?.spec).not.toHaveProperty("tls");
  const { annotations } = metadataOf(ingress);
  expect(annotations["alb.ingress.kubernetes.io/load-balancer-attributes"]?.split(",")).toEqual([
    "idle_timeout.timeout_seconds=60",
    "routing.http.desync_mitigation_mode=strictest",
    "routing.http.drop_invalid_header_fields.enabled=true",
  ]);
  expect(annotations["alb.ingress.kubernetes.io/listen-ports"]).toBe('[{"HTTPS":443}]');
  expect(annotations["alb.ingress.kubernetes.io/wafv2-acl-arn"]).toBe(webAcl);
});

describe("objects of custom kinds, which go with the release", () => {
  const kinds = async (...args: Parameters<typeof contextWith>) =>
    httpGatewayObjects(await contextWith(...args)).map(({ kind }) => kind);
  const gatewayOf = { namespace: "entry", name: "public", listener: "https" };

  test("a route of the Gateway API is for one name, on one listener of one Gateway", async () => {
    const [route, ...others] = httpGatewayObjects(await contextWith({ front: { kind: "route", gateway: gatewayOf } }));
    expect(others).toEqual([]);
    expect(route).toMatchObject({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      spec: {
        parentRefs: [{ namespace: "entry", name: "public", sectionName: "https" }],
        hostnames: ["api.example.com"],
        rules: [{ backendRefs: [{ name: "nats-http-gateway", port: 80 }], timeouts: { request: "0s" } }],
      },
    });
  });

  test("Google's balancers are told a path that they may ask, and not to cut readers off after 30 seconds", async () => {
    expect(await kinds({ front: { kind: "route", gateway: gatewayOf } }, "gke")).toEqual([
      "HTTPRoute",
      "HealthCheckPolicy",
      "GCPBackendPolicy",
    ]);
    expect(await kinds({ front: { kind: "ingress" } }, "gke")).toEqual(["BackendConfig"]);
    const [service] = (await gateway({ front: { kind: "ingress" } }, "gke")).kubernetes_service_v1 ?? [];
    expect(metadataOf(service).annotations["cloud.google.com/backend-config"]).toBe('{"default":"nats-http-gateway"}');
  });

  test("there are none for another controller, and none without a front", async () => {
    expect(await kinds({ front: { kind: "ingress", className: "nginx" } }, "gke")).toEqual([]);
    expect(await kinds({}, "gke")).toEqual([]);
  });
});

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceFolder, serviceTag, writeServiceImages } from "../../../artifacts/service-image";
import { imageDestinations } from "../../../cli/images/destinations";
import type { EnvironmentInput } from "../../../model/config";
import { deployedSecrets, stackPlan } from "../../../model/topology";
import { Backlog } from "../../../modules/kubernetes/backlog";
import type { KubernetesContext } from "../../../modules/kubernetes/context";
import { FleetService } from "../../../modules/kubernetes/fleet-service";
import { podGroups } from "../../../templates/kubernetes-requests";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

type Services = NonNullable<EnvironmentInput["identity"]["services"]>;

const root = mkdtempSync(join(tmpdir(), "natsform-fleet-"));
const image = `registry.example.com/search:7@sha256:${"a".repeat(64)}`;
const services: Services = {
  orders: {
    account: "APP",
    serves: ["order.place"],
    runs: {
      code: { kind: "node", entry: "services/orders.ts" },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform would read it as a template.
      arguments: ["${fast}"],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as above.
      variables: { GREETING: "hello", SHELL_LIKE: "${home}" },
      stopTimeout: "45s",
      scale: { most: 8, cpu: 70 },
      cpu: 512,
      memory: "1GiB",
    },
  },
  sorter: {
    account: "APP",
    uses: { consumers: ["TEST/sorter"] },
    runs: {
      code: { kind: "image", image },
      scale: { most: 6, backlog: { consumer: "TEST/sorter", perProcess: 25 } },
    },
  },
  search: {
    account: "APP",
    serves: ["search.>"],
    runs: { code: { kind: "image", image }, count: 3, healthCheck: { command: ["/search", "--ok"], every: "20s" } },
  },
};

let context: KubernetesContext;
let blocks: Record<string, Block[]>;

beforeAll(async () => {
  mkdirSync(join(root, "services"));
  writeFileSync(join(root, "services", "orders.ts"), `console.log("hello");`);
  const found = await onKubernetes((_, input) => {
    const [stream] = input.streams ?? [];
    if (stream) stream.consumers = [{ name: "sorter" }];
    input.identity.services = services;
  });
  context = { ...found, settings: { ...found.settings, root } };
  writeServiceImages(root, context.topology);
  blocks = made((scope) => {
    new Backlog(scope, "backlog", context, "APP");
    for (const service of context.cluster.fleet) new FleetService(scope, service.name, context, service);
  });
});

interface Deployment {
  metadata: { name: string; labels: Record<string, string> };
  spec: {
    replicas?: string;
    min_ready_seconds: number;
    template: {
      metadata: { annotations: Record<string, string> };
      spec: {
        termination_grace_period_seconds: number;
        automount_service_account_token: boolean;
        container: (Block & { env: { name: string; value: string }[] })[];
        volume: { secret?: { secret_name: string; items: { key: string }[] } }[];
      };
    };
  };
  lifecycle: { ignore_changes: string[] };
}
function deployment(name: string): Deployment {
  const all = (blocks.kubernetes_deployment_v1 ?? []) as unknown as Deployment[];
  const found = all.find(({ metadata }) => metadata.name === `nats-service-${name}`);
  if (!found) throw new Error(`no ${name}`);
  return found;
}
const container = (name: string) =>
  deployment(name).spec.template.spec.container[0] as Deployment["spec"]["template"]["spec"]["container"][0];

test("each service of the list has pods of its own, in a stack that comes after the streams", () => {
  expect(blocks.kubernetes_deployment_v1).toHaveLength(4);
  expect(stackPlan(context.topology).map(({ layer }) => layer)).toEqual([
    "pki",
    "core",
    "auth",
    "streams",
    "services",
    "backup",
  ]);
});

test("it is told where its servers and its key are, and its pods see no other key", () => {
  const variables = Object.fromEntries(container("orders").env.map(({ name, value }) => [name, value]));
  expect(variables).toMatchObject({
    GREETING: "hello",
    NATS_URL: "tls://nats.nats.svc.cluster.local:4222",
    NATS_NKEY_SEED_FILE: "/etc/natsform/keys/user-service-orders",
    NATS_CA_FILE: "/etc/natsform/authorities/ca.crt",
    SHELL_LIKE: "$${home}",
    NATS_INBOX_PREFIX: `_INBOX._${context.trust.users["service-orders"]}`,
  });
  const { volume, automount_service_account_token } = deployment("orders").spec.template.spec;
  const [keys, ...others] = volume.filter(({ secret }) => secret?.secret_name === "nats-keys");
  expect([keys?.secret?.items.map(({ key }) => key), others]).toEqual([["user-service-orders"], []]);
  expect(automount_service_account_token).toBe(false);
  expect(container("orders").security_context).toMatchObject({
    allow_privilege_escalation: false,
    read_only_root_filesystem: true,
    run_as_non_root: true,
    capabilities: { drop: ["ALL"] },
  });
  expect(deployedSecrets(context.topology, {}, [context.cluster]).map(({ name }) => name)).toEqual(
    expect.arrayContaining(["user-service-orders", "user-service-search"]),
  );
});

test("another key is other pods, one after another", () => {
  const { annotations } = deployment("orders").spec.template.metadata;
  expect(annotations).toEqual({ "natsform/key": context.trust.users["service-orders"] });
  expect(deployment("orders").spec).toMatchObject({
    strategy: { rolling_update: { max_unavailable: "0", max_surge: "1" } },
    min_ready_seconds: 10,
  });
});

test("it has the processes, the room and the time to stop that the list says", () => {
  expect(deployment("search").spec.replicas).toBe("3");
  expect(deployment("orders").spec).not.toHaveProperty("replicas");
  expect(deployment("orders").lifecycle.ignore_changes).toContain("spec[0].replicas");
  expect(blocks.kubernetes_horizontal_pod_autoscaler_v2).toContainEqual({
    metadata: expect.objectContaining({ name: "nats-service-orders" }),
    spec: expect.objectContaining({
      min_replicas: 2,
      max_replicas: 8,
      metric: [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", average_utilization: 70 } } },
      ],
    }),
  });
  expect(container("orders").resources).toMatchObject({ requests: { cpu: "500m", memory: "1024Mi" } });
  expect(deployment("orders").spec.template.spec.termination_grace_period_seconds).toBe(45);
  expect(podGroups(context.topology, context.cluster)).toContainEqual({
    what: "search",
    count: 4,
    cpu: 0.25,
    memory: 512 * 2 ** 20,
  });
});

test("what is written is what it gets: Terraform reads no template in it", () => {
  expect(container("orders").args).toEqual(["$${fast}"]);
});

test("a service that says how it is asked is asked, and started anew where it fails", () => {
  const exec = { command: ["/search", "--ok"] };
  expect(container("search")).toMatchObject({
    liveness_probe: { exec, period_seconds: 20, failure_threshold: 3 },
    readiness_probe: { exec },
    startup_probe: { exec },
  });
  expect(container("orders")).not.toHaveProperty("liveness_probe");
});

test("images: those that are built go to one repository, by a tag of their contents", () => {
  const tag = serviceTag(serviceFolder(root, context.topology.environment, "orders"), "orders");
  expect(container("orders").image).toBe(`registry.example.com/natsform/services:${tag}`);
  expect(container("search").image).toBe(image);
  // The tag of the programs says nothing of services.
  expect(imageDestinations(context.topology)).toEqual([
    { service: "orders", repository: "registry.example.com/natsform/services" },
  ]);
});

test("pods follow what waits for them, by a metric that is missing while it is not known", () => {
  const autoscalers = blocks.kubernetes_horizontal_pod_autoscaler_v2 as unknown as {
    metadata: { name: string };
    spec: { metric: Block[] };
  }[];
  const metrics = (name: string) => autoscalers.find(({ metadata }) => metadata.name === name)?.spec.metric ?? [];
  expect(metrics("nats-service-orders")).toHaveLength(1);
  expect(metrics("nats-service-sorter")[1]).toEqual({
    type: "External",
    external: {
      metric: {
        name: "natsform_service_backlog",
        selector: [{ match_labels: { namespace: context.namespace, nats_service: "sorter" } }],
      },
      target: { type: "AverageValue", average_value: "25" },
    },
  });
});

test("what counts is one pod with a key of its own, whose metrics are behind a Service whether it is ready or not", () => {
  const all = blocks.kubernetes_deployment_v1 as unknown as Deployment[];
  const own = all.find(({ metadata }) => metadata.name === "nats-backlog-app");
  expect(own?.spec.replicas).toBe("1");
  const { env } = own?.spec.template.spec.container[0] ?? { env: [] };
  const variables = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  // Terraform would read `$JS` as what it is: only `${` begins a template.
  expect(JSON.parse(variables.BACKLOGS ?? "")).toEqual([
    { service: "sorter", stream: "TEST", consumer: "sorter", api: "$JS.API" },
  ]);
  expect(variables).not.toHaveProperty("ECS_CLUSTER");
  const items = own?.spec.template.spec.volume.flatMap(({ secret }) => secret?.items ?? []).map(({ key }) => key);
  expect(items).toContain("user-service-backlog-nats-APP");
  const [service] = blocks.kubernetes_service_v1 as unknown as { spec: Block }[];
  expect(service?.spec).toMatchObject({ publish_not_ready_addresses: true });
});

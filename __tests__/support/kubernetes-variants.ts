import type { EnvironmentInput } from "../../model/config";
import { isOnKubernetes } from "../../model/topology";
import type { StackContext } from "../../modules/terraform/context";
import { contextOf, shippedEnvironments } from "./stacks";

type Input = EnvironmentInput["clusters"][string];
type Platform = Extract<Input["platform"], { kind: "kubernetes" }>;

/** The shipped environment under another name, with its cluster changed. */
export const changedOnKubernetes = (
  name: string,
  root: string,
  change: (cluster: Input, platform: Platform, input: EnvironmentInput) => void,
): Promise<StackContext> =>
  contextOf("kubernetes-production", root, (input) => {
    input.name = name;
    const { nats } = input.clusters;
    if (nats?.platform.kind !== "kubernetes") throw new Error("the environment has no cluster nats on Kubernetes");
    change(nats, nats.platform, input);
  });

const pem = `-----BEGIN CERTIFICATE-----\n${"A".repeat(64)}\n-----END CERTIFICATE-----\n`;

const placing = { place: { kind: "stream", path: "/tests/{id}", subject: "test.{id}", stream: "TEST" } } as const;

/** Every shipped environment that has a cluster on Kubernetes, and each way in which one can be otherwise. */
export async function kubernetesVariants(root: string): Promise<StackContext[]> {
  const shipped = shippedEnvironments().map((name) => contextOf(name, root));
  const full = changedOnKubernetes("full", root, (cluster, platform, input) => {
    platform.flavor = "eks";
    platform.domain = "nats.example.com";
    platform.monitoring = {
      monitor: "service",
      rules: true,
      dashboard: {},
      from: [{ namespace: "monitoring", pods: { app: "prometheus" } }, { namespace: "metering" }],
    };
    platform.natsBox = { users: ["sys"] };
    platform.ingress = { className: "nginx" };
    platform.oidcAuthorities = pem;
    const role = (name: string) => ({
      annotations: { "eks.amazonaws.com/role-arn": `arn:aws:iam::123456789012:role/${name}` },
    });
    platform.backupAccess = { ...role("backup"), prune: role("prune") };
    cluster.websocket = { allowedOrigins: ["https://app.example.com"] };
    cluster.tls = {
      issuer: "vault",
      mount: "pki",
      role: "nats",
      vault: { address: "https://vault.vault.svc:8200", authorities: pem },
    };
    cluster.backup = { to: "s3://backups/full", encrypt: true };
    cluster.foreignLeafs = { plant: { accounts: ["APP"] } };
    cluster.httpGateway = { routes: placing, front: { kind: "ingress", className: "alb" } };
    const [stream] = input.streams?.filter(({ name }) => name === "TEST") ?? [];
    if (stream) stream.consumers = [{ name: "work" }];
    input.identity = {
      mode: "callout",
      oidc: { issuer: "https://login.example.com:8443/", audience: "nats" },
      permissions: input.identity.permissions,
      services: {
        api: { account: "APP", publish: { allow: ["test.>"] }, subscribe: { allow: ["test.>"] } },
        worker: {
          account: "APP",
          serves: ["work"],
          uses: { consumers: ["TEST/work"] },
          runs: {
            cluster: "nats",
            code: { kind: "image", image: `registry.example.com/worker:1@sha256:${"0".repeat(64)}` },
            scale: { most: 4, backlog: { consumer: "TEST/work", perProcess: 100 } },
            healthCheck: { command: ["/worker", "--health"] },
          },
        },
      },
    };
    input.clusters.edge = {
      platform: {
        kind: "kubernetes",
        flavor: "generic",
        namespace: "edge",
        context: "edge",
        zones: 1,
        monitoring: { monitor: "pod", from: [{ namespace: "monitoring" }] },
      },
      size: 1,
      leafOf: { cluster: "nats", accounts: ["APP"] },
      jetstream: {},
      tls: { issuer: "local" },
    };
  });
  const bare = changedOnKubernetes("bare", root, (cluster, platform) => {
    platform.flavor = "generic";
    platform.reloader = false;
    platform.monitoring = { exporter: false };
    platform.ephemeralStorage = false;
    platform.backupAccess = { claim: "backups", secret: "backup-credentials" };
    cluster.leafHub = false;
    cluster.tls = { issuer: "local" };
    cluster.backup = { to: "file:///backups/bare" };
  });
  const byTerraform = changedOnKubernetes("by-terraform", root, (cluster, _, input) => {
    cluster.tls = { ...cluster.tls, vault: { renewal: "terraform" } };
    cluster.backup = undefined;
    const gateway = { namespace: "entry", name: "public", listener: "https" };
    cluster.httpGateway = { routes: placing, hostname: "api.example.com", front: { kind: "route", gateway } };
    // Beside its hub, which it reaches by names of the Kubernetes cluster.
    input.clusters.near = {
      platform: { kind: "kubernetes", flavor: "generic", namespace: "near", zones: 1 },
      leafOf: { cluster: "nats", accounts: ["APP"] },
      tls: { issuer: "local" },
    };
  });
  const contexts = await Promise.all([...shipped, full, bare, byTerraform]);
  return contexts.filter(({ topology }) => topology.clusters.some(isOnKubernetes));
}

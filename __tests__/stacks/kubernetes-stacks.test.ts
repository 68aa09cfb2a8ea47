import { join } from "node:path";
import { ConfigError, type EnvironmentInput } from "../../model/config";
import { AuthCalloutEnv } from "../../runtime/auth-callout/env";
import { CertificateRenewalEnv } from "../../runtime/certificate-renewal/env";
import {
  addresses,
  all,
  type Block,
  contextOf,
  one,
  projectWithCode,
  type Stack,
  synthesized,
} from "../support/stacks";

const root = projectWithCode();
type Input = EnvironmentInput["clusters"][string];
type Platform = Extract<Input["platform"], { kind: "kubernetes" }>;

/** The shipped environment with its cluster changed. */
const changed = (name: string, change: (cluster: Input, platform: Platform) => void) =>
  contextOf("kubernetes-production", root, (input) => {
    input.name = name;
    const { nats } = input.clusters;
    if (nats?.platform.kind !== "kubernetes") throw new Error("the environment has no cluster nats on Kubernetes");
    change(nats, nats.platform);
  });

let stacks: Record<string, Stack>;
beforeAll(async () => {
  const shipped = contextOf("kubernetes-production", root);
  const endpoint = "https://192.0.2.1";
  const certificateAuthority = Buffer.from("-----BEGIN CERTIFICATE-----\n".repeat(4)).toString("base64");
  const eks = changed("eks", (_, platform) => {
    platform.flavor = "eks";
    platform.chart = { repository: "oci://registry.example.com/charts" };
    platform.authentication = { kind: "eks", endpoint, certificateAuthority, cluster: "main", region: "eu-west-1" };
  });
  const bare = changed("bare", (cluster, platform) => {
    platform.flavor = "generic";
    platform.context = "lab";
    platform.chart = { path: "/charts/nats" };
    cluster.tls = { issuer: "local" };
  });
  const gke = changed("gke", (_, platform) => {
    platform.authentication = { kind: "gke", endpoint, certificateAuthority };
  });
  stacks = synthesized(await Promise.all([shipped, eks, bare, gke]), join(root, "out"));
});

const stack = (name: string) => {
  const found = stacks[name];
  if (!found) throw new Error(`no stack ${name}; there are ${Object.keys(stacks).join(", ")}`);
  return found;
};
interface Container {
  env: { name: string; value: string }[];
  security_context: Block;
  volume_mount?: { name: string; mount_path: string }[];
}
interface Pod {
  automount_service_account_token: boolean;
  container: Container[];
  security_context: Block;
  volume: { name: string; secret?: { secret_name: string; items?: { key: string }[] } }[];
}
const podOf = (workload: Block): Pod => {
  type Template = { template: { spec: Pod } };
  const spec = workload.spec as Template & { job_template?: { spec: Template } };
  return (spec.job_template?.spec ?? spec).template.spec;
};
const workloads = (of: Stack) =>
  ["kubernetes_deployment_v1", "kubernetes_job_v1", "kubernetes_cron_job_v1"].flatMap((type) =>
    Object.values(all(of, type)),
  );
const variables = (pod: Pod) =>
  Object.fromEntries((pod.container[0]?.env ?? []).map(({ name, value }) => [name, value]));

test("a cluster on Kubernetes has a state for each lifecycle", () => {
  expect(Object.keys(stacks).filter((name) => name.startsWith("kubernetes-production"))).toEqual([
    "kubernetes-production-nats-auth",
    "kubernetes-production-nats-backup",
    "kubernetes-production-nats-core",
    "kubernetes-production-nats-pki",
    "kubernetes-production-nats-streams",
  ]);
});

test("addresses of what holds data are a contract: another one is a plan that deletes", () => {
  const stateful =
    /^(kubernetes_(namespace|secret)_v1|vault_(mount|pki_secret_backend_(root|intermediate)_\w+)|helm_release)\./;
  const kept = ["pki", "core", "auth"].flatMap((layer) =>
    addresses(stack(`kubernetes-production-nats-${layer}`)).filter((address) => stateful.test(address)),
  );
  expect(kept.sort()).toMatchSnapshot();
});

test("the namespace admits restricted pods alone, and every pod of ours is one", () => {
  const { metadata } = one<{ metadata: { labels: object } }>(stack("bare-nats-pki"), "kubernetes_namespace_v1");
  expect(metadata.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
  const pods = ["core", "auth", "backup"]
    .flatMap((layer) => workloads(stack(`kubernetes-production-nats-${layer}`)))
    .map(podOf);
  expect(pods).toHaveLength(9);
  for (const pod of pods) {
    expect(pod.security_context).toMatchObject({ run_as_non_root: true, seccomp_profile: { type: "RuntimeDefault" } });
    for (const container of pod.container) {
      expect(container.security_context).toMatchObject({
        allow_privilege_escalation: false,
        read_only_root_filesystem: true,
        run_as_non_root: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  }
});

test("the callout is told what its program asks for, and sees its own keys alone", () => {
  const pod = podOf(one(stack("kubernetes-production-nats-auth"), "kubernetes_deployment_v1"));
  expect(pod.automount_service_account_token).toBe(false);
  expect(AuthCalloutEnv.parse(variables(pod))).toMatchObject({
    NATS_SERVERS: "tls://nats.nats.svc.cluster.local:4222",
    HTTP_PORT: 9090,
  });
  const files = pod.volume.flatMap(({ secret }) => (secret ? (secret.items ?? []).map(({ key }) => key) : []));
  expect(files.sort()).toEqual(["callout-issuer", "callout-xkey", "creds-responder", "internal.crt"]);
});

test("the renewal job is told what its program asks for; its first run knows no servers", () => {
  const core = stack("kubernetes-production-nats-core");
  const first = CertificateRenewalEnv.parse(variables(podOf(one(core, "kubernetes_job_v1"))));
  const scheduled = CertificateRenewalEnv.parse(variables(podOf(one(core, "kubernetes_cron_job_v1"))));
  expect(first.NATS_SERVERS).toBeUndefined();
  expect(first.CERTIFICATES.map(({ id, role, mount }) => `${mount}/${role} ${id}`)).toEqual([
    "pki-int-internal/nats-cluster-internal internal",
    "pki-int-routes/nats-cluster-routes routes",
    "pki-int-leafnodes/nats-cluster-leafnodes leafnodes",
  ]);
  expect(scheduled.SERVED.map(({ host, port }) => `${host}:${port}`)).toContain(
    "nats-2.nats-headless.nats.svc.cluster.local:6222",
  );
});

test("every Job ends by itself, and before Terraform gives it up: one that is waited for by nobody would act some day", () => {
  type Spec = { active_deadline_seconds?: number };
  const jobs = Object.values(stacks).flatMap((one) => Object.values(all(one, "kubernetes_job_v1")));
  const scheduled = Object.values(stacks).flatMap((one) => Object.values(all(one, "kubernetes_cron_job_v1")));
  expect([jobs.length, scheduled.length].every((count) => count > 3)).toBe(true);
  for (const { metadata, spec, timeouts } of jobs) {
    const minutes = Number.parseInt((timeouts as { create: string }).create, 10);
    const { active_deadline_seconds: deadline = Number.NaN } = spec as Spec;
    expect({ metadata, inTime: deadline > 60 && deadline < minutes * 60 }).toEqual({ metadata, inTime: true });
  }
  for (const { metadata, spec } of scheduled) {
    const { active_deadline_seconds: deadline } = (spec as { job_template: { spec: Spec } }).job_template.spec;
    expect({ metadata, deadline }).toEqual({ metadata, deadline: expect.any(Number) });
  }
});

test("Vault signs exactly the names of the topology, for exactly their use", () => {
  const roles = all(stack("kubernetes-production-nats-pki"), "vault_pki_secret_backend_role");
  const routes = Object.values(roles).find(({ name }) => name === "nats-cluster-routes");
  expect(routes).toMatchObject({
    allowed_domains: [0, 1, 2].map((i) => `nats-${i}.nats-headless.nats.svc.cluster.local`),
    allow_bare_domains: true,
    allow_subdomains: false,
    allow_any_name: false,
    allow_wildcard_certificates: false,
    allow_ip_sans: false,
    server_flag: true,
    client_flag: true,
    max_ttl: "2592000",
  });
  const internal = Object.values(roles).find(({ name }) => name === "nats-cluster-internal");
  expect(internal).toMatchObject({ server_flag: true, client_flag: false });
});

test("no state holds a secret: containers are made with a write-only value, and nobody reads them", () => {
  for (const one of Object.values(stacks)) {
    for (const secret of Object.values(all(one, "kubernetes_secret_v1"))) {
      expect(secret).toMatchObject({ data_wo: { owner: "natsform" }, data_wo_revision: 1 });
      expect(secret.data).toBeUndefined();
    }
    expect(Object.keys(one.resource)).not.toContain("vault_pki_secret_backend_cert");
    expect(one.text).not.toMatch(/"S[OAUX][A-Z2-7]{56}"|PRIVATE KEY/);
  }
});

test("the renewal job may touch the Secrets of certificates, ask for tokens of its own, and nothing else", () => {
  const { rule } = one<{ rule: Block[] }>(stack("kubernetes-production-nats-pki"), "kubernetes_role_v1");
  expect(rule).toEqual([
    {
      api_groups: [""],
      resources: ["secrets"],
      resource_names: ["nats-internal-tls", "nats-routes-tls", "nats-leafnodes-tls", "nats-authorities"],
      verbs: ["get", "patch"],
    },
    {
      api_groups: [""],
      resources: ["serviceaccounts/token"],
      resource_names: ["nats-certificate-renewal"],
      verbs: ["create"],
    },
  ]);
});

test("Vault takes a token of the renewal job for it alone, and the job asks for such a one", () => {
  const role = one(stack("kubernetes-production-nats-pki"), "vault_kubernetes_auth_backend_role");
  expect(role).toMatchObject({
    audience: "vault",
    bound_service_account_names: ["nats-certificate-renewal"],
    bound_service_account_namespaces: ["nats"],
  });
  const [job] = Object.values(all(stack("kubernetes-production-nats-core"), "kubernetes_cron_job_v1"));
  expect(JSON.stringify(job)).toContain('{"name":"VAULT_AUDIENCE","value":"vault"}');
});

test("what differs between clouds is data: providers, disks and where the chart is", () => {
  const provider = (name: string) =>
    (stack(name) as unknown as { provider: Record<string, Block[]> }).provider.kubernetes?.[0];
  expect(provider("bare-nats-core")).toMatchObject({ config_context: "lab" });
  expect(provider("eks-nats-core")).toMatchObject({
    host: "https://192.0.2.1",
    exec: [{ command: "aws", args: ["eks", "get-token", "--cluster-name", "main", "--region", "eu-west-1"] }],
  });
  expect(provider("gke-nats-core")).toMatchObject({ exec: [{ command: "gke-gcloud-auth-plugin" }] });

  const disk = (name: string) => Object.values(all(stack(name), "kubernetes_storage_class_v1"))[0];
  expect(disk("gke-nats-core")).toMatchObject({
    storage_provisioner: "pd.csi.storage.gke.io",
    parameters: { type: "pd-ssd", "replication-type": "regional-pd" },
    reclaim_policy: "Retain",
    volume_binding_mode: "WaitForFirstConsumer",
    allow_volume_expansion: true,
  });
  expect(disk("eks-nats-core")).toMatchObject({ storage_provisioner: "ebs.csi.aws.com", parameters: { type: "gp3" } });
  expect(disk("bare-nats-core")).toBeUndefined();

  expect(one(stack("gke-nats-core"), "helm_release")).toMatchObject({ chart: "nats", version: "2.14.2" });
  expect(one(stack("eks-nats-core"), "helm_release")).toMatchObject({
    chart: "oci://registry.example.com/charts/nats",
  });
  expect(one(stack("bare-nats-core"), "helm_release")).toMatchObject({ chart: "/charts/nats" });
});

test("certificates from a laptop need neither Vault nor a renewal job", () => {
  expect(Object.keys(stack("bare-nats-pki").resource).filter((type) => type.startsWith("vault_"))).toEqual([]);
  expect(Object.keys(stack("bare-nats-core").resource)).not.toContain("kubernetes_cron_job_v1");
  expect(Object.values(all(stack("bare-nats-pki"), "kubernetes_secret_v1"))).toHaveLength(5);
});

test("nobody reaches the routes but servers and who looks at their certificates, and a port without a listener is open to nobody", () => {
  type Policy = { metadata: { name: string }; spec: { ingress: { ports: { port: string }[]; from?: Block[] }[] } };
  const policies = Object.values(
    all(stack("kubernetes-production-nats-core"), "kubernetes_network_policy_v1"),
  ) as unknown as Policy[];
  const servers = policies.find(({ metadata }) => metadata.name === "nats-servers");
  const prometheus = {
    namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "monitoring" } },
    pod_selector: { match_labels: { "app.kubernetes.io/name": "prometheus" } },
  };
  const ports = servers?.spec.ingress.map(({ ports: [first], from }) => [first?.port, from]);
  expect(Object.fromEntries(ports ?? [])).toEqual({
    "4222": undefined,
    "6222": [
      { pod_selector: { match_labels: expect.objectContaining({ "app.kubernetes.io/component": "nats" }) } },
      { pod_selector: { match_labels: expect.objectContaining({ "app.kubernetes.io/name": "certificate-renewal" }) } },
    ],
    "7422": undefined,
    "7777": [prometheus],
    "8222": [prometheus],
  });
});

test("clusters of one namespace share it: one stack makes it and the class of volumes", async () => {
  const context = await changed("shared", (cluster) => {
    cluster.leafHub = false;
  });
  const [first] = context.topology.clusters;
  const config = context.environment.clusters.nats;
  if (!first || !config) throw new Error("no cluster");
  const two = {
    ...context,
    environment: { ...context.environment, clusters: { nats: config, other: config } },
    topology: { ...context.topology, clusters: [first, { ...first, name: "other" }] },
    // Both with the keys of the first.
    trust: { ...context.trust, cluster: undefined },
  };
  const made = Object.values(synthesized([two], join(root, "shared")));
  const counted = (type: string) => made.flatMap((one) => Object.keys(all(one, type))).length;
  expect([counted("kubernetes_namespace_v1"), counted("kubernetes_storage_class_v1")]).toEqual([1, 1]);
  expect(counted("helm_release")).toBe(2);
});

test("a value that the chart does not know is an error that names the nearest known one", async () => {
  const context = await changed("misspelt", (_, platform) => {
    platform.chart = { values: { config: { jetstream: { fileStore: { pvc: { storageClass: "fast" } } } } } };
  });
  const failure = () => synthesized([context], join(root, "misspelt"));
  expect(failure).toThrow(ConfigError);
  expect(failure).toThrow(
    /clusters\.nats\.platform\.chart\.values\.config\.jetstream\.fileStore\.pvc\.storageClass: is no key of the chart; got "fast"\n\s+fix: did you mean "storageClassName"\?/,
  );
});

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Manifest } from "../support/chart";
import { type Made, objectsOf, podTemplate } from "../support/kubernetes-manifests";
import { KubernetesSchema } from "../support/kubernetes-schema";
import { kubernetesVariants } from "../support/kubernetes-variants";
import { type Block, projectWithCode, synthesized } from "../support/stacks";

const missing = reason();
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`objects on Kubernetes against a real API: skipped: ${missing}\n`);
const proof = missing ? test.skip : test;

function reason(): string | undefined {
  if (!process.env.NATSFORM_ACCEPTANCE)
    return "a cluster is asked, and a namespace made in it, by `make acceptance` alone";
  if (!process.env.KUBECONFIG) return "not set: KUBECONFIG; see docs/kubernetes.md";
  return spawnSync("kubectl", ["version", "--client"]).error ? "kubectl is not on PATH" : undefined;
}

/** @throws with what the API says, unless it agrees */
function kubectl(args: string[], input: object = {}): { stdout: string; stderr: string } {
  const options = { encoding: "utf8", maxBuffer: 2 ** 27, input: JSON.stringify(input) } as const;
  const { status, stdout, stderr, error } = spawnSync("kubectl", args, options);
  if (error || status !== 0) throw error ?? new Error(stderr);
  return { stdout, stderr };
}
const list = (items: readonly unknown[]) => ({ apiVersion: "v1", kind: "List", items });
const tryOut = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];

const root = projectWithCode();
/** The one thing that is really made, with what lies in it; everything else is tried out and forgotten. */
const namespace = `natsform-objects-${randomBytes(4).toString("hex")}`;
let schema: KubernetesSchema;
let objects: Made[];

beforeAll(async () => {
  if (missing) return;
  schema = new KubernetesSchema(JSON.parse(kubectl(["get", "--raw", "/openapi/v2"]).stdout).definitions);
  objects = objectsOf(synthesized(await kubernetesVariants(root), join(root, "out")), schema);
  const accounts = objects.map(inside).filter(({ kind }) => kind === "ServiceAccount");
  const [own] = objects.filter(({ manifest }) => manifest.kind === "Namespace").map(({ manifest }) => manifest);
  kubectl(["create", "-f", "-"], { ...own, metadata: { ...own?.metadata, name: namespace } });
  kubectl(["apply", "-f", "-"], list(accounts));
});
afterAll(() => {
  if (!missing) kubectl(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
});

/** The object in the namespace of this test. */
const inside = ({ manifest }: Made): Manifest =>
  manifest.metadata.namespace ? { ...manifest, metadata: { ...manifest.metadata, namespace } } : manifest;

/** The pods that controllers make of the objects: of a controller alone the API would only warn. */
const pods = () =>
  objects.flatMap((made, i) => {
    const template = podTemplate(made);
    if (!template) return [];
    const claims = (made.manifest.spec?.volumeClaimTemplates ?? []) as Manifest[];
    const claimed = claims.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: name } }));
    const volumes = [...((template.spec.volumes ?? []) as Block[]), ...claimed];
    const metadata = { ...template.metadata, name: `pod-${i}`, namespace };
    return [{ apiVersion: "v1", kind: "Pod", metadata, spec: { ...template.spec, volumes } }];
  });

proof("the API's own schema knows every field", () => {
  // Kinds of other projects (Prometheus, the Gateway API, GKE) are no part of what every API serves.
  const own = /^(v1|[a-z]+\/v\d+|[a-z.]+\.k8s\.io\/v\d+)$/;
  const known = objects.filter(
    ({ manifest: { apiVersion } }) => own.test(apiVersion) && !apiVersion.startsWith("gateway.networking.k8s.io/"),
  );
  expect(known.length).toBeGreaterThan(80);
  expect(known.flatMap(({ manifest }) => schema.problems(manifest))).toEqual([]);
});

proof("the API takes every object, and warns of none", () => {
  const groups = kubectl(["api-versions"]).stdout.split("\n");
  const served = objects.map(inside).filter(({ apiVersion }) => groups.includes(apiVersion));
  const { stdout, stderr } = kubectl(tryOut, list(served));
  expect(stdout.match(/\(server dry run\)$/gm)).toHaveLength(served.length);
  expect(stderr.split("\n").filter((line) => /would violate|unknown field|deprecated/.test(line))).toEqual([]);
});

proof("Pod Security `restricted` admits the pods of every workload", () => {
  const made = pods();
  expect(made.length).toBeGreaterThan(15);
  const { stdout } = kubectl(tryOut, list(made));
  expect(stdout.match(/^pod\/\S+ created/gm)).toHaveLength(made.length);
});

proof.each<[string, Block, Block]>([
  ["a privileged container", {}, { privileged: true, allowPrivilegeEscalation: true }],
  ["more rights than it was started with", {}, { allowPrivilegeEscalation: undefined }],
  ["every capability", {}, { capabilities: undefined }],
  ["the network of its node", { hostNetwork: true }, {}],
  ["a folder of its node", { volumes: [{ name: "node", hostPath: { path: "/" } }] }, {}],
])("it refuses %s", (_, over, context) => {
  const [pod] = pods();
  const spec: Block = pod?.spec ?? {};
  const [container = {}] = spec.containers as Block[];
  const securityContext = { ...(container.securityContext as Block), ...context };
  const containers = [{ ...container, securityContext, volumeMounts: [] }];
  const refusal = () => kubectl(tryOut, { ...pod, spec: { ...spec, containers, ...over } });
  expect(refusal).toThrow(/violates PodSecurity "restricted/);
});

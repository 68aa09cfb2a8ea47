import type { Kubectl } from "../../cli/core/kubectl";
import { dnsNeed } from "../../cli/deploy/preflight/kubernetes-dns";
import kubernetesProduction from "../../environments/kubernetes-production";
import { Environment } from "../../model/config";
import { buildTopology, isOnKubernetes, type KubernetesPlatform } from "../../model/topology";

const [cluster] = buildTopology(Environment.parse(kubernetesProduction)).clusters.filter(isOnKubernetes);
if (!cluster) throw new Error("the shipped environment has no cluster on Kubernetes");

interface World {
  /** Addresses of the Service kube-dns, and labels of its pods; without it there is none. */
  service?: { clusterIPs: string[]; selector?: Record<string, string> };
  /** What the kubelet of each node gives to its pods; without it nobody may ask. */
  given?: string[];
}

/** A Kubernetes cluster that answers as kubectl does. */
function kubectlOf({ service, given }: World): Promise<Kubectl> {
  const nodes = { items: [{ metadata: { name: "a" } }, { metadata: { name: "b" } }] };
  const answers: Record<string, unknown> = {
    "get service kube-dns --namespace kube-system --ignore-not-found -o json": service && { spec: service },
    "get --raw /api/v1/nodes/a/proxy/configz": given && { kubeletconfig: { clusterDNS: given } },
    "get --raw /api/v1/nodes/b/proxy/configz": given && { kubeletconfig: { clusterDNS: given } },
  };
  const run = async (...args: string[]) => {
    if (!(args.join(" ") in answers)) throw new Error(`asked for ${args.join(" ")}`);
    const answer = answers[args.join(" ")];
    return { code: answer ? 0 : 1, stdout: answer ? JSON.stringify(answer) : "" };
  };
  const kubectl = { run, text: async (...args: string[]) => (await run(...args)).stdout, json: async () => nodes };
  return Promise.resolve(kubectl as unknown as Kubectl);
}

const pods = { "k8s-app": "kube-dns" };
const service = { clusterIPs: ["10.96.0.10"], selector: pods };
const cases: [string, World, Partial<KubernetesPlatform["networkPolicies"]>, "gke" | "generic", string | true][] = [
  ["the Service of the DNS and its pods", { service, given: ["10.96.0.10"] }, {}, "generic", true],
  ["the Service, where nobody may ask nodes", { service }, {}, "generic", true],
  [
    "a Service that the node answers for (EKS Auto Mode)",
    { service: { clusterIPs: ["10.96.0.10"] } },
    {},
    "generic",
    true,
  ],
  ["the nodes' cache", { service, given: ["169.254.20.10"] }, {}, "generic", true],
  ["Cloud DNS on GKE", { service, given: ["169.254.169.254"] }, {}, "gke", true],
  ["the same elsewhere", { given: ["169.254.169.254"] }, {}, "generic", 'add "169.254.169.254" to'],
  ["the same elsewhere, named", { given: ["169.254.169.254"] }, { dns: ["169.254.0.0/16"] }, "generic", true],
  ["a cache at another address", { service, given: ["169.254.25.10"] }, {}, "generic", 'add "169.254.25.10" to'],
  ["one of two", { service, given: ["10.96.0.10", "10.0.0.2"] }, {}, "generic", 'add "10.0.0.2" to'],
  ["the Service, which is not looked up", { service, given: ["10.96.0.10"] }, { dnsService: false }, "generic", "add"],
  ["no Service, and nobody says anything", {}, {}, "generic", "set clusters.nats.platform.networkPolicies.dnsService"],
  ["no Service, and a setting", {}, { dns: ["10.0.0.2"] }, "generic", true],
  ["pods of another label", { service: { ...service, selector: { app: "coredns" } } }, {}, "generic", "label them"],
];

test.each(cases)("%s", async (_, world, networkPolicies, flavor, expected) => {
  const platform = { ...cluster.platform, flavor };
  platform.networkPolicies = { ...platform.networkPolicies, ...networkPolicies };
  const row = await dnsNeed({ ...cluster, platform }, kubectlOf(world));
  if (expected === true) expect(row).toMatchObject({ ok: true });
  else expect(row).toMatchObject({ ok: false, get: expect.stringContaining(expected) });
});

test("both addresses of a Service are seen, and only the first is allowed by itself", async () => {
  const world = {
    service: { clusterIPs: ["10.96.0.10", "fd00::a"], selector: pods },
    given: ["10.96.0.10", "fd00::a"],
  };
  const row = await dnsNeed(cluster, kubectlOf(world));
  expect(row).toMatchObject({ ok: false, found: "pods get 10.96.0.10, fd00::a; refused: fd00::a" });
});

test("a Service that may not be read is told with what kubectl says", async () => {
  const denied = { text: () => Promise.reject(new Error('services "kube-dns" is forbidden')) } as unknown as Kubectl;
  const row = await dnsNeed(cluster, Promise.resolve(denied));
  expect(row).toMatchObject({ ok: false, found: 'services "kube-dns" is forbidden' });
});

import { BlockList, isIPv6 } from "node:net";
import { z } from "zod";
import { type KubernetesCluster, type KubernetesPlatform, resolverNetworks } from "../../../model/topology";
import type { Kubectl } from "../../core/kubectl";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

const Service = z.object({
  spec: z.object({
    clusterIPs: z.array(z.string()).default([]),
    selector: z.record(z.string(), z.string()).default({}),
  }),
});
const Nodes = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
/** Configuration of a node's kubelet: the resolvers that pods get. */
const Kubelet = z.object({ kubeletconfig: z.object({ clusterDNS: z.array(z.string()).default([]) }) });

/** Labels of the DNS pods that network policies select. */
const known = ["kube-dns", "node-local-dns"];
/** Nodes of one Kubernetes cluster are configured alike: a few stand for all. */
const askedNodes = 3;

/** Network policies let pods query their resolvers: otherwise no name resolves and no pod gets ready. */
export function dnsNeed({ name, platform }: KubernetesCluster, kubectl: Promise<Kubectl>): Promise<Prerequisite> {
  const settings = `clusters.${name}.platform.networkPolicies`;
  return checkPrerequisite(
    {
      name: `DNS of ${name}`,
      needed: "network policies allow the resolvers of pods",
      get: `set ${settings}.dnsService to the Service of the DNS, or to false, and name resolvers in ${settings}.dns`,
    },
    async () => {
      const can = await kubectl;
      const service = await serviceOf(platform, can);
      const given = await givenResolvers(can);
      // Without a report of any node, assume the Service's address, as nearly everywhere.
      const resolvers = given.length > 0 ? given : (service?.addresses ?? []);
      if (resolvers.length === 0 && platform.networkPolicies.dns.length === 0)
        return { ok: false, found: "unknown: neither a node nor the Service of the DNS names the resolvers of pods" };
      const refused = resolvers.filter((address) => !isAllowed(address, platform, service?.addresses.slice(0, 1)));
      if (refused.length > 0)
        return {
          ok: false,
          found: `pods get ${resolvers.join(", ")}; refused: ${refused.join(", ")}`,
          get: `add ${refused.map((address) => `"${address}"`).join(", ")} to ${settings}.dns`,
        };
      if (service && resolvers.some((address) => service.addresses.includes(address)) && !service.hasKnownPods)
        return {
          ok: false,
          found: `the pods of ${platform.networkPolicies.dnsService} are ${service.pods}, which no network policy selects`,
          get: `label them k8s-app: kube-dns, or add a policy of your own that lets ${platform.namespace} reach them`,
        };
      return { ok: true, found: resolvers.join(", ") || `${platform.networkPolicies.dns.join(", ")}, as configured` };
    },
  );
}

/** @throws UserError with kubectl's error, when the Service cannot be read */
async function serviceOf({ networkPolicies }: KubernetesPlatform, kubectl: Kubectl) {
  if (networkPolicies.dnsService === false) return undefined;
  const [namespace = "", name = ""] = networkPolicies.dnsService.split("/");
  const answer = await kubectl.text(
    "get",
    "service",
    name,
    "--namespace",
    namespace,
    "--ignore-not-found",
    "-o",
    "json",
  );
  if (answer === "") return undefined;
  const { clusterIPs, selector } = Service.parse(JSON.parse(answer)).spec;
  const pods = Object.entries(selector).map((label) => label.join(": "));
  return {
    addresses: clusterIPs.filter((address) => address !== "None"),
    pods: pods.join(", "),
    // Without a selector the node itself answers at the Service's address, not a pod.
    hasKnownPods: pods.length === 0 || (namespace === "kube-system" && known.includes(selector["k8s-app"] ?? "")),
  };
}

/** Resolvers of a few nodes; empty when the caller may not read their configuration. */
async function givenResolvers(kubectl: Kubectl): Promise<string[]> {
  const { items } = await kubectl.json(Nodes, "get", "nodes");
  const answers = items.slice(0, askedNodes).map(async ({ metadata }) => {
    const { code, stdout } = await kubectl.run("get", "--raw", `/api/v1/nodes/${metadata.name}/proxy/configz`);
    return code === 0 ? Kubelet.parse(JSON.parse(stdout)).kubeletconfig.clusterDNS : [];
  });
  return [...new Set((await Promise.all(answers)).flat())].sort();
}

function isAllowed(address: string, platform: KubernetesPlatform, service: readonly string[] = []): boolean {
  const family = (text: string) => (isIPv6(text) ? "ipv6" : "ipv4");
  const allowed = new BlockList();
  for (const one of service) allowed.addAddress(one, family(one));
  for (const network of resolverNetworks(platform)) {
    const [start = "", bits] = network.split("/");
    allowed.addSubnet(start, Number(bits), family(start));
  }
  return allowed.check(address, family(address));
}

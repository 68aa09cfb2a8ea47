import type { NetworkPolicyV1SpecEgress } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { type KubernetesPlatform, resolverNetworks } from "../../model/topology";

export const tcp = (port: number) => ({ port: String(port), protocol: "TCP" });

/** Kubernetes labels every namespace with its name. */
export const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

/**
 * The DNS of the Kubernetes cluster, on its port alone. Most networks see its pods, since they look after the Service's
 * address was translated. Where a resolver of the node answers at the Service's address there are no such pods, and
 * they see that address.
 *
 * @param service network of the Service's address
 */
export const dnsOf = (platform: KubernetesPlatform, service?: string): NetworkPolicyV1SpecEgress => ({
  to: [
    {
      ...inNamespace("kube-system"),
      podSelector: { matchExpressions: [{ key: "k8s-app", operator: "In", values: ["kube-dns", "node-local-dns"] }] },
    },
    ...[...resolverNetworks(platform), ...(service ? [service] : [])].map((cidr) => ({ ipBlock: { cidr } })),
  ],
  ports: [{ port: "53", protocol: "UDP" }, tcp(53)],
});

/**
 * Egress to a URL. For a Service in the Kubernetes cluster its namespace is allowed: a policy sees the pods behind it,
 * whose ports are their own. For a name outside its port is allowed: policies know addresses and no names.
 */
export function egressTo(url: string, clusterDomain: string): NetworkPolicyV1SpecEgress {
  const { protocol, hostname, port } = new URL(url);
  const inside = hostname.endsWith(`.svc.${clusterDomain}`) ? hostname.slice(0, -clusterDomain.length - 1) : hostname;
  const namespace = /\.([^.]+)\.svc$/.exec(inside)?.[1];
  if (namespace) return { to: [inNamespace(namespace)] };
  const ports = [tcp(Number(port) || (protocol === "http:" ? 80 : 443))];
  const address = /^\[(.+)\]$/.exec(hostname)?.[1];
  if (address) return { to: [{ ipBlock: { cidr: `${address}/128` } }], ports };
  return /^[\d.]+$/.test(hostname) ? { to: [{ ipBlock: { cidr: `${hostname}/32` } }], ports } : { ports };
}

/**
 * The API of an object store, and what gives pods their rights there: the agent of EKS, or the metadata server that GKE runs for
 * pods where workload identity is on. Not the nodes' metadata otherwise: a pod must not have the rights of a node.
 */
export const objectStore = (flavor: string, workloadIdentity: boolean): NetworkPolicyV1SpecEgress[] => [
  { ports: [tcp(443)] },
  ...(workloadIdentity ? gkeMetadata : []),
  ...(flavor === "eks" ? [{ to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [tcp(80)] }] : []),
];

/** Dataplane V2 sees the address that a pod dials; other networks see that to which it was translated, on the pod's node. */
const gkeMetadata: NetworkPolicyV1SpecEgress[] = [
  { to: [{ ipBlock: { cidr: "169.254.169.254/32" } }], ports: [tcp(80)] },
  { to: [{ ipBlock: { cidr: "169.254.169.252/32" } }], ports: [tcp(988)] },
];

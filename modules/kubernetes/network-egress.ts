import type { NetworkPolicyV1SpecEgress } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import type { BackupTopology, ListenerName } from "../../model/topology";
import { platformSite } from "../../templates/nats-conf";
import { type KubernetesContext, serverLabels } from "./context";
import { objectStore, tcp, wayTo } from "./network-peers";

/** Whom each program talks to, besides the DNS. */
type Egress = NetworkPolicyV1SpecEgress[];

/** Listeners of the cluster's own servers, as far as there are such: a rule without ports would allow all of them. */
export function toServers(context: KubernetesContext, ...wanted: ListenerName[]): Egress {
  const ports = context.cluster.listeners.filter(({ name }) => wanted.includes(name)).map(({ port }) => tcp(port));
  return ports.length > 0 ? [{ to: [{ podSelector: { matchLabels: serverLabels(context) } }], ports }] : [];
}

/** Each other, and the hubs whose leaf nodes they are. */
export function serverEgress(context: KubernetesContext): Egress {
  const { topology, cluster } = context;
  const hubs = Object.values(platformSite(topology, cluster).hubs).flat();
  // A hub listens where its Service does.
  const ways = hubs.map((url) => ({
    ...wayTo(url, cluster.platform.clusterDomain),
    ports: [tcp(Number(new URL(url).port))],
  }));
  // To each of its servers the same one.
  const different = new Map(ways.map((way) => [JSON.stringify(way), way]));
  return [...toServers(context, "routes"), ...different.values()];
}

/** The servers, and where the issuer of tokens shows its keys. */
export function calloutEgress(context: KubernetesContext): Egress {
  const { issuer, jwksUri } = context.topology.identity.oidc;
  return [...toServers(context, "client"), wayTo(jwksUri ?? issuer, context.cluster.platform.clusterDomain)];
}

/** Vault, the API of Kubernetes, and every listener with a certificate. Where the API is, only its port says. */
export function renewalEgress(context: KubernetesContext): Egress {
  const { clusterDomain, networkPolicies } = context.cluster.platform;
  return [
    ...toServers(context, "client", "routes", "leafnodes"),
    wayTo(context.config.tls.vault.address, clusterDomain),
    { ports: networkPolicies.apiPorts.map(tcp) },
  ];
}

/** The servers, and where backups go: to a volume, or to an object store. */
export const backupEgress = (context: KubernetesContext, backup: BackupTopology): Egress => [
  ...toServers(context, "client"),
  ...drillEgress(context, backup),
];

/** A drill reads backups, and has a server of its own in its pod. */
export const drillEgress = ({ cluster }: KubernetesContext, { to }: BackupTopology): Egress =>
  to.startsWith("file:") ? [] : objectStore(cluster.platform.flavor);

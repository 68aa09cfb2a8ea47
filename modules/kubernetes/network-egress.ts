import type { NetworkPolicyV1SpecEgress } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import {
  type Destination,
  type KubernetesCluster,
  type ListenerName,
  type ProgramName,
  programModel,
} from "../../model/topology";
import { platformSite } from "../../templates/nats-conf";
import { type KubernetesContext, serverLabels } from "./context";
import { egressTo, objectStore, tcp } from "./network-peers";

/** Peers that each program connects to, besides the DNS. */
type Egress = NetworkPolicyV1SpecEgress[];

/** Listeners of the cluster's own servers, as far as there are such: a rule without ports would allow all of them. */
export function toServers(context: KubernetesContext, ...desired: ListenerName[]): Egress {
  const ports = context.cluster.listeners.filter(({ name }) => desired.includes(name)).map(({ port }) => tcp(port));
  return ports.length > 0 ? [{ to: [{ podSelector: { matchLabels: serverLabels(context) } }], ports }] : [];
}

/** Peers of the servers: each other, and the hubs whose leaf nodes they are. */
export function serverEgress(context: KubernetesContext): Egress {
  const { topology, cluster } = context;
  const hubs = Object.values(platformSite(topology, cluster).hubs).flat();
  // A hub listens on the port of its URL.
  const rules = hubs.map((url) => ({
    ...egressTo(url, cluster.platform.clusterDomain),
    ports: [tcp(Number(new URL(url).port))],
  }));
  // One rule for equal peers, of several servers of a hub.
  const different = new Map(rules.map((rule) => [JSON.stringify(rule), rule]));
  return [...toServers(context, "routes"), ...different.values()];
}

/** The servers, and the further destinations of the program's row. */
export const programEgress = (context: KubernetesContext, program: ProgramName): Egress => [
  ...toServers(context, ...programModel(program).listeners),
  ...programModel(program).reaches.flatMap((destination) => destinationEgress[destination](context)),
];

/** Of what works on stored backups alone: a drill, which has a server of its own in its pod, and what removes old ones. */
export const storageEgress = ({ cluster }: KubernetesContext, access: { secret?: string }): Egress =>
  storage(cluster, access.secret);

/** Where no Secret holds a key for Google's storage, the pod has an identity there. */
function storage({ backup, platform: { flavor } }: KubernetesCluster, secret: string | undefined): Egress {
  if (backup?.to.startsWith("file:")) return [];
  return objectStore(flavor, backup?.to.startsWith("gs:") === true && secret === undefined);
}

const destinationEgress: Record<Destination, (context: KubernetesContext) => Egress> = {
  "token-issuer": ({ topology, cluster }) => {
    const { issuer, jwksUri } = topology.identity.oidc;
    return [egressTo(jwksUri ?? issuer, cluster.platform.clusterDomain)];
  },
  vault: ({ config, cluster }) => [egressTo(config.tls.vault.address, cluster.platform.clusterDomain)],
  // The address of the API is unknown; its port is configured.
  "kubernetes-api": ({ cluster }) => [{ ports: cluster.platform.networkPolicies.apiPorts.map(tcp) }],
  // A volume needs no network.
  "object-store": ({ cluster }) => storage(cluster, cluster.platform.backupAccess.secret),
  // On Kubernetes only backups use AWS's own API, by the rule for object stores.
  aws: () => [],
};

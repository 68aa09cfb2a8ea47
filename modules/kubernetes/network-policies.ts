import { NetworkPolicyV1, type NetworkPolicyV1SpecIngress } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { Construct } from "constructs";
import { type KubernetesContext, labelsOf, serverLabels } from "./context";

const tcp = (port: number) => ({ port: String(port), protocol: "TCP" });

/**
 * Who may talk to whom in the namespace: nobody to nobody, but for what follows. The kubelet's probes are not subject to
 * policies.
 */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { cluster, names, namespace } = context;
    const metadata = (name: string) => ({ name: `${names.release}-${name}`, namespace, labels: labelsOf(context) });
    new NetworkPolicyV1(this, "nobody", {
      metadata: metadata("nobody"),
      spec: { podSelector: {}, policyTypes: ["Ingress"] },
    });

    const servers = { podSelector: { matchLabels: serverLabels(context) } };
    const from: Record<string, NetworkPolicyV1SpecIngress["from"]> = {
      // Clients, browsers' Ingress and leaf nodes prove who they are; where they live is not natsform's to say.
      client: undefined,
      websocket: undefined,
      leafnodes: undefined,
      routes: [servers],
      // Metrics: any pod of the Kubernetes cluster, and nobody outside of it.
      monitoring: [{ namespaceSelector: {} }],
    };
    new NetworkPolicyV1(this, "servers", {
      metadata: metadata("servers"),
      spec: {
        podSelector: { matchLabels: serverLabels(context) },
        policyTypes: ["Ingress"],
        ingress: [
          ...cluster.listeners.map(({ name, port }) => ({ ports: [tcp(port)], from: from[name] })),
          ...(cluster.platform.exporter ? [{ ports: [tcp(exporterPort)], from: from.monitoring }] : []),
        ],
      },
    });
    new NetworkPolicyV1(this, "auth-callout", {
      metadata: metadata("auth-callout"),
      spec: {
        podSelector: { matchLabels: labelsOf(context, "auth-callout") },
        policyTypes: ["Ingress"],
        ingress: [{ ports: [tcp(9090)], from: from.monitoring }],
      },
    });
  }
}

/** Of the chart. */
const exporterPort = 7777;

import {
  NetworkPolicyV1,
  type NetworkPolicyV1SpecEgress,
  type NetworkPolicyV1SpecIngress,
  type NetworkPolicyV1SpecIngressFrom,
} from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { Construct } from "constructs";
import { backlogPort, httpGatewayRun, type ListenerName, type ProgramName, streamAccounts } from "../../model/topology";
import { exporterPort } from "../../templates/helm-values";
import { pruneAccess } from "./backup-prune";
import { type KubernetesContext, labelsOf, serverLabels, serviceLabels } from "./context";
import { dnsServiceNetwork } from "./dns-service";
import { programEgress, serverEgress, storageEgress, toServers } from "./network-egress";
import { dnsOf, inNamespace, tcp } from "./network-peers";

/** The pods of a program, and the traffic to and from them. */
interface Rules {
  name: string;
  pods: Record<string, string>;
  ingress?: NetworkPolicyV1SpecIngress[];
  egress: NetworkPolicyV1SpecEgress[];
}

/**
 * Policies of the namespace: no traffic but for the rules below. The kubelet's probes are not subject to policies.
 */
export class NetworkPolicies extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { cluster, names, namespace, settings } = context;
    const metadata = (name: string) => ({ name: `${names.release}-${name}`, namespace, labels: labelsOf(context) });
    const { platform } = cluster;
    const isRestricted = platform.networkPolicies.egress;
    const policyTypes = ["Ingress", ...(isRestricted ? ["Egress"] : [])];
    // What is removed needs nothing looked up, nor the right to do so.
    const dns = isRestricted && dnsOf(platform, settings.destroy ? undefined : dnsServiceNetwork(this, platform));
    new NetworkPolicyV1(this, "nobody", { metadata: metadata("nobody"), spec: { podSelector: {}, policyTypes } });
    for (const { name, pods, ingress = [], egress } of rulesOf(context)) {
      new NetworkPolicyV1(this, name, {
        metadata: metadata(name),
        spec: {
          podSelector: { matchLabels: pods },
          policyTypes,
          ingress,
          egress: dns && egress.length > 0 ? [dns, ...egress] : [],
        },
      });
    }
  }
}

const component = (name: string) => ({ "app.kubernetes.io/component": name });
const natsBoxLabels = (context: KubernetesContext) => ({ ...serverLabels(context), ...component("nats-box") });

function rulesOf(context: KubernetesContext): Rules[] {
  const { cluster, topology } = context;
  const { backup, platform } = cluster;
  const program = (name: ProgramName) => ({
    name,
    pods: labelsOf(context, name),
    egress: programEgress(context, name),
  });
  const rules: (Rules | false | undefined)[] = [
    { name: "servers", pods: serverLabels(context), ingress: serverIngress(context), egress: serverEgress(context) },
    { ...program("auth-callout"), ingress: from(readers(context), 9090) },
    // Its callers bring tokens; what is in front of it has addresses that natsform does not know.
    cluster.httpGateway && {
      ...program("http-gateway"),
      ingress: [
        ...from("everybody", httpGatewayRun.ports.callers),
        ...from(readers(context), httpGatewayRun.ports.admin),
      ],
    },
    cluster.backlogs.length > 0 && { ...program("backlog"), ingress: from(readers(context), backlogPort) },
    // What else they reach is yours to add: policies add up.
    cluster.fleet.length > 0 && {
      name: "services",
      pods: { ...labelsOf(context), ...serviceLabels },
      egress: toServers(context, "client"),
    },
    context.cluster.renewsByJob && program("certificate-renewal"),
    streamAccounts(topology, cluster.name).length > 0 && program("streams"),
    backup && {
      name: "backup",
      pods: { ...labelsOf(context, "backup"), ...component("backup") },
      egress: programEgress(context, "backup"),
    },
    backup &&
      pruneAccess(context) && {
        name: "prune",
        pods: { ...labelsOf(context, "backup"), ...component("prune") },
        egress: storageEgress(context, platform.backupAccess.prune ?? {}),
      },
    backup?.drill !== undefined && {
      name: "drill",
      pods: { ...labelsOf(context, "backup"), ...component("drill") },
      egress: storageEgress(context, platform.backupAccess),
    },
    platform.natsBox && {
      name: "nats-box",
      pods: natsBoxLabels(context),
      egress: toServers(context, "client", "monitoring"),
    },
  ];
  return rules.filter((one) => one !== false && one !== undefined);
}

type Peers = NetworkPolicyV1SpecIngressFrom[];

/**
 * A rule for those peers, or for everybody. For nobody there is none: a rule with an empty list of peers would let
 * everybody in.
 */
const from = (peers: Peers | "everybody", port: number): NetworkPolicyV1SpecIngress[] =>
  peers === "everybody" ? [{ ports: [tcp(port)] }] : peers.length > 0 ? [{ ports: [tcp(port)], from: peers }] : [];

/** Pods that may read metrics, in the namespaces and with the labels that the configuration names. */
const readers = ({ cluster }: KubernetesContext): Peers =>
  cluster.platform.monitoring.from.map(({ namespace, pods }) => ({
    ...inNamespace(namespace),
    podSelector: { matchLabels: pods },
  }));

const podsOf = (...labels: Record<string, string>[]): Peers =>
  labels.map((matchLabels) => ({ podSelector: { matchLabels } }));

function serverIngress(context: KubernetesContext): NetworkPolicyV1SpecIngress[] {
  const { cluster } = context;
  const { natsBox, monitoring } = cluster.platform;
  const peers: Record<ListenerName, Peers | "everybody"> = {
    // Clients, browsers' Ingress and leaf nodes authenticate; their addresses are not known to natsform.
    client: "everybody",
    websocket: "everybody",
    leafnodes: "everybody",
    // The renewal job checks which certificate a route serves.
    routes: podsOf(
      serverLabels(context),
      ...(context.cluster.renewsByJob ? [labelsOf(context, "certificate-renewal")] : []),
    ),
    // It asks for nobody's name.
    monitoring: [...readers(context), ...(natsBox ? podsOf(natsBoxLabels(context)) : [])],
  };
  return [
    ...cluster.listeners.flatMap(({ name, port }) => from(peers[name], port)),
    ...(monitoring.exporter ? from(readers(context), exporterPort) : []),
  ];
}

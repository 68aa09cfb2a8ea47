import { BlockList } from "node:net";
import type { Block } from "./stacks";

/** A pod, or an address outside of the Kubernetes cluster. */
export type Endpoint = { namespace: string; labels: Record<string, string> } | { address: string };

interface Selector {
  match_labels?: Record<string, string>;
  match_expressions?: { key: string; operator: string; values: string[] }[];
}
interface Peer {
  pod_selector?: Selector;
  namespace_selector?: Selector;
  ip_block?: { cidr: string };
}
export interface Rule {
  ports?: { port: string; protocol: string }[];
  from?: Peer[];
  to?: Peer[];
}
/** A NetworkPolicy as Terraform has it. */
export interface Policy extends Block {
  metadata: { name: string; namespace: string };
  spec: { pod_selector: Selector; policy_types: string[]; ingress?: Rule[]; egress?: Rule[] };
}
export interface Connection {
  from: Endpoint;
  to: Endpoint;
  port: number;
  protocol?: "TCP" | "UDP";
}

/**
 * Whether Kubernetes lets a connection through: both ends have to allow it. An end that no policy of the direction selects
 * allows everything; otherwise one rule of one policy has to match.
 */
export function isAllowed(policies: readonly Policy[], connection: Connection): boolean {
  const { from, to } = connection;
  return passes(policies, "Egress", from, to, connection) && passes(policies, "Ingress", to, from, connection);
}

function passes(policies: readonly Policy[], type: string, end: Endpoint, other: Endpoint, connection: Connection) {
  const selecting = policies.filter((policy) => policy.spec.policy_types.includes(type) && selects(policy, end));
  if (selecting.length === 0) return true;
  const { port, protocol = "TCP" } = connection;
  return selecting.some(({ metadata, spec }) =>
    ((type === "Egress" ? spec.egress : spec.ingress) ?? []).some(({ ports, from, to }) => {
      const peers = type === "Egress" ? to : from;
      // An empty list is as good as none: every port, everybody.
      const open = !ports?.length || ports.some((one) => one.port === String(port) && one.protocol === protocol);
      return open && (!peers?.length || peers.some((peer) => isPeer(peer, other, metadata.namespace)));
    }),
  );
}

export const selects = ({ metadata, spec }: Policy, end: Endpoint) =>
  "labels" in end && end.namespace === metadata.namespace && matches(spec.pod_selector, end.labels);

function isWithin(cidr: string, address: string): boolean {
  const family = (text: string) => (text.includes(":") ? "ipv6" : "ipv4");
  const [network = "", bits] = cidr.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family(network));
  return list.check(address, family(address));
}

/** Without a selector of namespaces a peer is a pod of the policy's own. */
function isPeer(peer: Peer, end: Endpoint, namespace: string): boolean {
  if (peer.ip_block) return "address" in end && isWithin(peer.ip_block.cidr, end.address);
  if (!("labels" in end)) return false;
  const inNamespace = peer.namespace_selector
    ? matches(peer.namespace_selector, { "kubernetes.io/metadata.name": end.namespace })
    : end.namespace === namespace;
  return inNamespace && matches(peer.pod_selector ?? {}, end.labels);
}

function matches({ match_labels = {}, match_expressions = [] }: Selector, labels: Record<string, string>): boolean {
  const isIn = ({ key, operator, values }: { key: string; operator: string; values: string[] }) => {
    if (operator !== "In") throw new Error(`the operator ${operator} is not known here`);
    return values.includes(labels[key] ?? "");
  };
  return Object.entries(match_labels).every(([key, value]) => labels[key] === value) && match_expressions.every(isIn);
}

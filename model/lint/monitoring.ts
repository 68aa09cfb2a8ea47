import type { Platform } from "../config";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";

/** Networks that may read monitoring pages on AWS. */

/** An IPv4 network as a number and the bits that count. */
interface Network {
  address: number;
  bits: number;
}

function networkOf(cidr: string): Network {
  const [address = "", bits] = cidr.split("/");
  return { address: address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
}

const contains = (outer: Network, inner: Network): boolean => {
  const size = 2 ** (32 - outer.bits);
  return outer.bits <= inner.bits && Math.floor(outer.address / size) === Math.floor(inner.address / size);
};

/** RFC 1918, and RFC 6598, which AWS takes for subnets as well. */
const privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map(networkOf);

type Monitored = Extract<Platform, { network: unknown }>;

function hits({ topology }: LintContext, what: (network: Network, platform: Monitored) => string | undefined): Hit[] {
  return topology.clusters.flatMap(({ name, platform }) =>
    "network" in platform
      ? platform.monitoring.from.flatMap((named, i): Hit[] => {
          const message = named.startsWith("sg-") ? undefined : what(networkOf(named), platform);
          const at = pathText("clusters", name, "platform", "monitoring", "from", i);
          return message ? [{ at, message: `${named} ${message}` }] : [];
        })
      : [],
  );
}

const isPrivate = (network: Network) => privateNetworks.some((range) => contains(range, network));

const open: EnvironmentRule = {
  id: "monitoring-public",
  severity: "error",
  title: "Monitoring is open to public addresses",
  reason:
    "Monitoring pages ask for no name and speak in clear: connections with their users and addresses, accounts, subscriptions and streams are read by whoever gets there.",
  fix: "name the security group of what reads the metrics, or a private network",
  check: (context) => hits(context, (network) => (isPrivate(network) ? undefined : "holds public addresses")),
};

const wide: EnvironmentRule = {
  id: "monitoring-whole-network",
  severity: "warning",
  title: "Monitoring is open to a whole VPC",
  reason:
    "Every machine and function of the VPC reads who is connected, from where, and what is stored. One that is taken over chooses its next goal by it.",
  fix: "name the security group of what reads the metrics",
  check: (context) =>
    hits(context, (network, { network: { vpcId, cidr } }) =>
      isPrivate(network) && vpcId === undefined && contains(network, networkOf(cidr)) ? `holds ${cidr}` : undefined,
    ),
};

export const monitoringRules: readonly EnvironmentRule[] = [open, wide];

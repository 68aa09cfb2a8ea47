import type { Construct } from "constructs";
import type { Environment } from "../../model/config";
import type { EcsCluster } from "../../model/topology";
import { awsNames } from "../../model/topology";
import { EndpointEgress, NatEgress } from "./egress";
import { VpcFlowLog } from "./flow-log";
import { Lookups } from "./lookups";
import { Network } from "./network";

/** VPC of a region, made here or existing. */
export interface FoundVpc {
  id: string;
  range: string;
  /** Private subnet of a zone. */
  subnetId(zone: string): string;
}

export interface RegionNetworkProps {
  name: string;
  environment: Environment;
  /** Clusters of the region; the configuration has one network for all of them. */
  clusters: readonly EcsCluster[];
  kmsKeyArn: string;
  accountId: string;
}

/** The VPC that the clusters of a region share: made here, or one that exists, of which nothing is changed. */
export function regionNetwork(scope: Construct, props: RegionNetworkProps): FoundVpc {
  const { name, environment, clusters, kmsKeyArn, accountId } = props;
  const [first] = clusters;
  if (!first) throw new Error("a foundation without a cluster");
  const { region, network } = first.platform;
  if (network.vpcId) {
    const lookups = new Lookups(scope, "found", environment.name, first);
    const { id, cidrBlock: range } = lookups.vpc;
    return { id, range, subnetId: (zone) => lookups.subnets("private", [zone])[0] ?? "" };
  }
  const { cidr } = network;
  const zones = [...new Set(clusters.flatMap(({ platform }) => platform.zones))].sort();
  const made = new Network(scope, "network", { name, region, cidr, zones });
  if (network.egress === "nat") new NatEgress(scope, "egress", { name, network: made });
  else {
    const counts = clusters.some(({ backlogs }) => backlogs.length > 0);
    new EndpointEgress(scope, "egress", { name, network: made, region, cidr, counts });
  }
  new VpcFlowLog(scope, "flow-log", {
    // Names of roles are the account's, not the region's.
    name: `${environment.name}-${region}`,
    logGroup: awsNames(environment.name, region).logGroup("vpc"),
    retentionDays: environment.logRetentionDays,
    kmsKeyArn,
    vpcId: made.vpc.id,
    accountId,
  });
  return { id: made.vpc.id, range: cidr, subnetId: (zone) => made.privateSubnet(zone) };
}

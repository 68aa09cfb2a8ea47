import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import { type Listener, ports } from "../../model/topology";

export interface ServerSecurityGroupProps {
  name: string;
  vpcId: string;
  /** Address range of the VPC, for listeners that are internal. */
  vpcRange: string;
  listeners: readonly Listener[];
  /** Security groups and networks that may read the monitoring pages. */
  monitoringFrom: readonly string[];
  /** The servers connect to a hub as leaf nodes. */
  dialsHub: boolean;
  /** The data lies on EFS. */
  storesOnEfs: boolean;
}

const anywhere = "0.0.0.0/0";

/** Traffic to the servers of a cluster, by port and peer, and traffic from them. */
export class ServerSecurityGroup extends Construct {
  readonly id: string;

  constructor(scope: Construct, id: string, props: ServerSecurityGroupProps) {
    super(scope, id);
    const { name, vpcId, vpcRange, listeners } = props;
    const group = new SecurityGroup(this, "group", {
      name,
      description: "NATS servers of one cluster",
      vpcId,
      tags: { Name: name },
      // A group that a task still uses cannot be deleted: the new one comes first.
      lifecycle: { createBeforeDestroy: true },
    });
    this.id = group.id;
    for (const { name: listener, port, exposure } of listeners) {
      for (const { suffix, from, peer } of peers(exposure, { ...props, groupId: group.id })) {
        new VpcSecurityGroupIngressRule(this, `${listener}-in${suffix ?? ""}`, {
          securityGroupId: group.id,
          description: `${listener} from ${from}`,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          ...peer,
        });
      }
    }
    const out = (id: string, description: string, port: number, peer: object) =>
      new VpcSecurityGroupEgressRule(this, `${id}-out`, {
        securityGroupId: group.id,
        description,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        ...peer,
      });
    // Names of AWS services have no address range that a rule could state.
    out("https", "AWS services: images, configuration, certificates, logs", 443, { cidrIpv4: anywhere });
    if (listeners.some(({ exposure }) => exposure === "peers")) {
      out("routes", "routes to servers of this cluster", ports.routes, { referencedSecurityGroupId: group.id });
    }
    if (props.dialsHub) out("leafnodes", "leaf nodes to the hub", ports.leafnodes, { cidrIpv4: anywhere });
    if (props.storesOnEfs) out("efs", "data on EFS", 2049, { cidrIpv4: vpcRange });
  }
}

interface Peer {
  /** Part of the rule's id, where there are several. */
  suffix?: string;
  from: string;
  peer: { referencedSecurityGroupId: string } | { cidrIpv4: string };
}

function peers(
  exposure: Listener["exposure"],
  {
    vpcRange,
    monitoringFrom,
    groupId,
  }: Pick<ServerSecurityGroupProps, "vpcRange" | "monitoringFrom"> & { groupId: string },
): Peer[] {
  switch (exposure) {
    case "public":
      return [{ from: "everywhere", peer: { cidrIpv4: anywhere } }];
    case "internal":
      return [{ from: "the VPC", peer: { cidrIpv4: vpcRange } }];
    case "peers":
      return [{ from: "servers of this cluster", peer: { referencedSecurityGroupId: groupId } }];
    case "named":
      return [...new Set(monitoringFrom)].map((named) => ({
        suffix: `-${named.replaceAll(/[./]/g, "-")}`,
        from: named,
        peer: named.startsWith("sg-") ? { referencedSecurityGroupId: named } : { cidrIpv4: named },
      }));
  }
}

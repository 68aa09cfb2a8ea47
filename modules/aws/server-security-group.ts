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
      const peer =
        exposure === "peers"
          ? { referencedSecurityGroupId: group.id }
          : { cidrIpv4: exposure === "public" ? anywhere : vpcRange };
      new VpcSecurityGroupIngressRule(this, `${listener}-in`, {
        securityGroupId: group.id,
        description: `${listener} from ${{ peers: "servers of this cluster", public: "everywhere", internal: "the VPC" }[exposure]}`,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        ...peer,
      });
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

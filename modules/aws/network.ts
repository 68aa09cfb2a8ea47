import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { Construct } from "constructs";
import type { EcsPlatform } from "../../model/topology";
import { type SubnetKind, subnetRange, subnetTag } from "./subnets";

export interface NetworkProps {
  /** `Name` tag of the VPC, by which other stacks find it. */
  name: string;
  region: string;
  cidr: string;
  /** Letters of the availability zones. */
  zones: EcsPlatform["zones"];
}

/** A private subnet with the route table through which it reaches what is outside. */
export interface PrivateSubnet {
  zone: string;
  subnet: Subnet;
  publicSubnet: Subnet;
  routes: RouteTable;
}

/**
 * A VPC with a public and a private subnet in each zone. Servers stand in the public ones, because clients connect to
 * each by an address of its own; programs stand in the private ones. How those get out is `NatEgress` or `EndpointEgress`.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly privateSubnets: readonly PrivateSubnet[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { name, cidr, zones } = props;
    this.vpc = new Vpc(this, "vpc", {
      cidrBlock: cidr,
      // Cloud Map answers inside of the VPC only with both.
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    // Emptied: a resource without a security group reaches nothing.
    new DefaultSecurityGroup(this, "default-security-group", { vpcId: this.vpc.id });
    const gateway = new InternetGateway(this, "internet-gateway", { vpcId: this.vpc.id, tags: { Name: name } });
    const publicRoutes = this.routeTable("public", name);
    new Route(this, "public-internet", {
      routeTableId: publicRoutes.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.id,
    });
    this.privateSubnets = zones.map((zone) => {
      const publicSubnet = this.subnet("public", zone, props);
      this.associate("public", zone, publicSubnet, publicRoutes);
      const subnet = this.subnet("private", zone, props);
      const routes = this.routeTable(`private-${zone}`, name);
      this.associate("private", zone, subnet, routes);
      return { zone, subnet, publicSubnet, routes };
    });
  }

  /** Id of the private subnet of a zone. @throws for a zone that the network was not made for */
  privateSubnet(zone: string): string {
    const found = this.privateSubnets.find((subnet) => subnet.zone === zone);
    if (!found) throw new Error(`no subnet in zone ${zone}`);
    return found.subnet.id;
  }

  private subnet(kind: SubnetKind, zone: string, { name, region, cidr }: NetworkProps): Subnet {
    return new Subnet(this, `${kind}-${zone}`, {
      vpcId: this.vpc.id,
      availabilityZone: `${region}${zone}`,
      cidrBlock: subnetRange(cidr, kind, zone),
      // Only the servers' own tasks ask for a public address.
      mapPublicIpOnLaunch: false,
      tags: { Name: `${name}-${kind}-${zone}`, [subnetTag]: kind },
    });
  }

  private routeTable(id: string, name: string): RouteTable {
    return new RouteTable(this, `${id}-routes`, { vpcId: this.vpc.id, tags: { Name: `${name}-${id}` } });
  }

  private associate(kind: SubnetKind, zone: string, { id: subnetId }: Subnet, { id: routeTableId }: RouteTable): void {
    new RouteTableAssociation(this, `${kind}-${zone}-association`, { subnetId, routeTableId });
  }
}

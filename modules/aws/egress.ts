import { Eip } from "@cdktf/provider-aws/lib/eip";
import { NatGateway } from "@cdktf/provider-aws/lib/nat-gateway";
import { Route } from "@cdktf/provider-aws/lib/route";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import type { Network } from "./network";

export interface EgressProps {
  name: string;
  network: Network;
}

/** One NAT gateway in each zone: a zone that fails takes no program of another zone with it. */
export class NatEgress extends Construct {
  constructor(scope: Construct, id: string, { name, network }: EgressProps) {
    super(scope, id);
    for (const { zone, publicSubnet, routes } of network.privateSubnets) {
      const address = new Eip(this, `${zone}-address`, { domain: "vpc", tags: { Name: `${name}-nat-${zone}` } });
      const gateway = new NatGateway(this, `${zone}-gateway`, {
        allocationId: address.id,
        subnetId: publicSubnet.id,
        tags: { Name: `${name}-${zone}` },
      });
      new Route(this, `${zone}-route`, {
        routeTableId: routes.id,
        destinationCidrBlock: "0.0.0.0/0",
        natGatewayId: gateway.id,
      });
    }
  }
}

/** Services that tasks in private subnets call: images, secrets, logs. */
const interfaceServices = ["ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "ssm", "sts"];
/** Those that are called by what counts for services. */
const countingServices = ["ecs", "monitoring"];

export interface EndpointEgressProps extends EgressProps {
  region: string;
  cidr: string;
  /** True where services are scaled by what waits for them. @default false */
  counts?: boolean;
}

/** Endpoints for traffic from the private subnets to AWS and to nothing else. */
export class EndpointEgress extends Construct {
  constructor(scope: Construct, id: string, { name, network, region, cidr, counts }: EndpointEgressProps) {
    super(scope, id);
    const vpcId = network.vpc.id;
    const group = new SecurityGroup(this, "security-group", {
      name: `${name}-endpoints`,
      description: "Endpoints of AWS services: HTTPS from the VPC",
      vpcId,
      tags: { Name: `${name}-endpoints` },
    });
    new VpcSecurityGroupIngressRule(this, "https", {
      securityGroupId: group.id,
      description: "HTTPS from the VPC",
      cidrIpv4: cidr,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
    });
    for (const service of [...interfaceServices, ...(counts ? countingServices : [])]) {
      new VpcEndpoint(this, service.replace(".", "-"), {
        vpcId,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        subnetIds: network.privateSubnets.map(({ subnet }) => subnet.id),
        securityGroupIds: [group.id],
        tags: { Name: `${name}-${service}` },
      });
    }
    // Layers of images lie in S3.
    new VpcEndpoint(this, "s3", {
      vpcId,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: network.privateSubnets.map(({ routes }) => routes.id),
      tags: { Name: `${name}-s3` },
    });
  }
}

import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import type { Construct } from "constructs";
import { ports } from "../../model/topology";

export interface ProgramSecurityGroupProps {
  name: string;
  vpcId: string;
  vpcRange: string;
}

/**
 * No client connects to programs: they reach the servers, and token issuers and AWS over HTTPS. @returns the group's id
 */
export function programSecurityGroup(scope: Construct, id: string, props: ProgramSecurityGroupProps): string {
  const { name, vpcId, vpcRange } = props;
  const group = new SecurityGroup(scope, id, {
    name,
    description: "Programs beside one NATS cluster",
    vpcId,
    tags: { Name: name },
    lifecycle: { createBeforeDestroy: true },
  });
  new VpcSecurityGroupEgressRule(scope, `${id}-nats-out`, {
    securityGroupId: group.id,
    description: "NATS servers",
    ipProtocol: "tcp",
    fromPort: ports.client,
    toPort: ports.client,
    cidrIpv4: vpcRange,
  });
  new VpcSecurityGroupEgressRule(scope, `${id}-https-out`, {
    securityGroupId: group.id,
    description: "issuers of tokens, and AWS services",
    ipProtocol: "tcp",
    fromPort: 443,
    toPort: 443,
    cidrIpv4: "0.0.0.0/0",
  });
  return group.id;
}

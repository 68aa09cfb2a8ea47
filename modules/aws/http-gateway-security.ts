import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import { ports } from "../../model/topology";

export interface HttpGatewaySecurityProps {
  name: string;
  vpcId: string;
  vpcRange: string;
  /** Networks that callers come from. */
  callers: string;
  gateway: { callers: number; admin: number };
}

/** Traffic of callers to the balancer, of the balancer to the tasks, and of the tasks to the servers: nothing else. */
export class HttpGatewaySecurity extends Construct {
  readonly balancerId: string;
  readonly tasksId: string;

  constructor(scope: Construct, id: string, props: HttpGatewaySecurityProps) {
    super(scope, id);
    const { name, vpcId, vpcRange, gateway } = props;
    const group = (part: string, description: string) =>
      new SecurityGroup(this, part, {
        name: `${name}-${part}`,
        description,
        vpcId,
        tags: { Name: `${name}-${part}` },
        lifecycle: { createBeforeDestroy: true },
      }).id;
    const balancerId = group("balancer", "Balancer of an HTTP gateway");
    const tasksId = group("tasks", "Tasks of an HTTP gateway");
    this.balancerId = balancerId;
    this.tasksId = tasksId;
    const port = (number: number) => ({ ipProtocol: "tcp", fromPort: number, toPort: number });
    new VpcSecurityGroupIngressRule(this, "https-in", {
      securityGroupId: balancerId,
      description: "callers",
      ...port(443),
      cidrIpv4: props.callers,
    });
    for (const [part, number] of Object.entries(gateway)) {
      const description = part === "admin" ? "health" : "requests";
      new VpcSecurityGroupEgressRule(this, `${part}-out`, {
        securityGroupId: balancerId,
        description,
        ...port(number),
        referencedSecurityGroupId: tasksId,
      });
      new VpcSecurityGroupIngressRule(this, `${part}-in`, {
        securityGroupId: tasksId,
        description: `${description} from the balancer`,
        ...port(number),
        referencedSecurityGroupId: balancerId,
      });
    }
    new VpcSecurityGroupEgressRule(this, "nats-out", {
      securityGroupId: tasksId,
      description: "NATS servers",
      ...port(ports.client),
      cidrIpv4: vpcRange,
    });
    new VpcSecurityGroupEgressRule(this, "https-out", {
      securityGroupId: tasksId,
      description: "AWS services: images, secrets, logs",
      ...port(443),
      cidrIpv4: "0.0.0.0/0",
    });
  }
}

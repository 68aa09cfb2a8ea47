import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate";
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation";
import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association";
import { Construct } from "constructs";

export interface HttpGatewayBalancerProps {
  /** Start of names. AWS takes 32 characters for a balancer, so it has none of its own. */
  name: string;
  /** Name that callers dial, in the zone. */
  hostname: string;
  zoneId: string;
  vpcId: string;
  subnets: string[];
  securityGroupId: string;
  /** Callers come from the VPC alone. */
  isInternal: boolean;
  idleSeconds: number;
  deletionProtection: boolean;
  /** ARN of a web ACL. */
  webAcl?: string;
  ports: { callers: number; admin: number };
}

/** HTTPS for callers: a certificate of ACM for one name, and a balancer that hands on requests of one reading alone. */
export class HttpGatewayBalancer extends Construct {
  readonly targetGroup: LbTargetGroup;
  /** To be there before a service registers its tasks. */
  readonly listener: LbListener;

  constructor(scope: Construct, id: string, props: HttpGatewayBalancerProps) {
    super(scope, id);
    const { name, hostname, zoneId, vpcId, subnets, ports } = props;
    const balancer = new Lb(this, "balancer", {
      namePrefix: "http-",
      loadBalancerType: "application",
      internal: props.isInternal,
      securityGroups: [props.securityGroupId],
      subnets,
      idleTimeout: props.idleSeconds,
      // What the balancer and the gateway could read differently is closed.
      desyncMitigationMode: "strictest",
      dropInvalidHeaderFields: true,
      // The last address is the one that it saw itself.
      xffHeaderProcessingMode: "append",
      enableDeletionProtection: props.deletionProtection,
      tags: { Name: name },
    });
    this.targetGroup = new LbTargetGroup(this, "tasks", {
      namePrefix: "http-",
      targetType: "ip",
      vpcId,
      protocol: "HTTP",
      port: ports.callers,
      loadBalancingAlgorithmType: "least_outstanding_requests",
      deregistrationDelay: "30",
      healthCheck: {
        path: "/readyz",
        port: String(ports.admin),
        matcher: "200",
        interval: 5,
        timeout: 4,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      tags: { Name: name },
      lifecycle: { createBeforeDestroy: true },
    });
    this.listener = new LbListener(this, "https", {
      loadBalancerArn: balancer.arn,
      protocol: "HTTPS",
      port: 443,
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      certificateArn: this.#certificate(hostname, zoneId),
      defaultAction: [{ type: "forward", targetGroupArn: this.targetGroup.arn }],
    });
    new Route53Record(this, "record", {
      zoneId,
      name: hostname,
      type: "A",
      alias: { name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true },
    });
    if (props.webAcl)
      new Wafv2WebAclAssociation(this, "web-acl", { resourceArn: balancer.arn, webAclArn: props.webAcl });
  }

  /** @returns the ARN, known when the certificate is issued: the zone's delegation is waited for by that */
  #certificate(hostname: string, zoneId: string): string {
    // For this name Amazon's authority alone may issue, and no wildcard.
    const issuers = new Route53Record(this, "issuers", {
      zoneId,
      name: hostname,
      type: "CAA",
      ttl: 300,
      records: ['0 issue "amazon.com"', '0 issuewild ";"'],
    });
    const certificate = new AcmCertificate(this, "certificate", {
      domainName: hostname,
      validationMethod: "DNS",
      keyAlgorithm: "EC_prime256v1",
      lifecycle: { createBeforeDestroy: true },
      dependsOn: [issuers],
    });
    const proof = certificate.domainValidationOptions.get(0);
    const record = new Route53Record(this, "validation-record", {
      zoneId,
      name: proof.resourceRecordName,
      type: proof.resourceRecordType,
      ttl: 300,
      records: [proof.resourceRecordValue],
    });
    const validation = new AcmCertificateValidation(this, "validation", {
      certificateArn: certificate.arn,
      validationRecordFqdns: [record.fqdn],
      timeouts: { create: "30m" },
    });
    return validation.certificateArn;
  }
}

import { DataAwsRoute53Zone } from "@cdktf/provider-aws/lib/data-aws-route53-zone";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone";
import { Construct } from "constructs";

export interface ZoneProps {
  domain: string;
  /** Zone that is to delegate `domain`; without it, its owner does so by hand. */
  parentDomain?: string;
  environment: string;
  deletionProtection: boolean;
}

/** The public zone of the environment's names. */
export class Zone extends Construct {
  readonly zone: Route53Zone;

  constructor(scope: Construct, id: string, { domain, parentDomain, environment, deletionProtection }: ZoneProps) {
    super(scope, id);
    this.zone = new Route53Zone(this, "zone", {
      name: domain,
      comment: `natsform ${environment}`,
      // dns-sync and the certificate-manager write records that Terraform does not know.
      forceDestroy: !deletionProtection,
    });
    if (!parentDomain) return;
    const parent = new DataAwsRoute53Zone(this, "parent", { name: parentDomain, privateZone: false });
    new Route53Record(this, "delegation", {
      zoneId: parent.zoneId,
      name: domain,
      type: "NS",
      ttl: 300,
      records: this.zone.nameServers,
    });
  }
}

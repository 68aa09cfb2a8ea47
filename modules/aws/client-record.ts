import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Construct } from "constructs";
import { ownershipRecord } from "../../model/topology";

export interface ClientRecordProps {
  zoneId: string;
  name: string;
  /** Content of the TXT record of ownership. */
  owner: string;
  ttlSeconds: number;
}

/** An address for documentation: no host answers there until dns-sync has listed the first healthy server. */
const documentationAddress = "192.0.2.1";

/** The name that clients dial. Terraform makes it and never looks at its addresses again: they are dns-sync's. */
export class ClientRecord extends Construct {
  constructor(scope: Construct, id: string, { zoneId, name, owner, ttlSeconds }: ClientRecordProps) {
    super(scope, id);
    const ownership = new Route53Record(this, "owner", {
      zoneId,
      name: ownershipRecord(name),
      type: "TXT",
      ttl: 300,
      records: [owner],
    });
    new Route53Record(this, "record", {
      zoneId,
      name,
      type: "A",
      ttl: ttlSeconds,
      records: [documentationAddress],
      lifecycle: { ignoreChanges: ["records", "ttl"] },
      dependsOn: [ownership],
    });
  }
}

import type { Agent } from "node:http";
import {
  ListResourceRecordSetsCommand,
  paginateListHostedZones,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import type { CaaData } from "dns-packet";
import { awsLimits } from "../../runtime/common/aws-limits";
import type { AwsAddress } from "./aws";
import { type DnsRecord, type DnsZone, servedTypes } from "./dns-answer";

/**
 * Reads the public zones of an emulated AWS, as they are now. Private zones and records without values of their own
 * (aliases to AWS resources) are left out.
 *
 * @param agent what connects to it, where a URL is not enough
 */
export function route53Zones({ url, key, agent }: AwsAddress & { agent?: Agent }): () => Promise<DnsZone[]> {
  const credentials = { accessKeyId: key, secretAccessKey: key };
  const { maxAttempts, requestHandler } = awsLimits();
  const client = new Route53Client({
    endpoint: url,
    region: "us-east-1",
    credentials,
    maxAttempts,
    requestHandler: { ...requestHandler, ...(agent && { httpAgent: agent }) },
  });
  return async () => {
    const zones: DnsZone[] = [];
    for await (const page of paginateListHostedZones({ client }, {}))
      for (const { Id, Name = "", Config } of page.HostedZones ?? []) {
        if (Config?.PrivateZone) continue;
        zones.push({ name: toName(Name), records: (await recordSets(client, Id)).flatMap(toRecords) });
      }
    return zones;
  };
}

async function recordSets(client: Route53Client, zone: string | undefined): Promise<ResourceRecordSet[]> {
  const sets: ResourceRecordSet[] = [];
  for (
    let from: {
      StartRecordName?: string;
      StartRecordType?: ResourceRecordSet["Type"];
      StartRecordIdentifier?: string;
    } = {};
    ;
  ) {
    const page = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, ...from }));
    sets.push(...(page.ResourceRecordSets ?? []));
    if (!page.IsTruncated) return sets;
    from = {
      StartRecordName: page.NextRecordName,
      StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
}

/** Route 53 writes characters that are unusual in names, such as `*`, as octal numbers. */
const unescapeText = (text: string) =>
  text.replace(/\\([0-7]{3})|\\(.)/g, (_, octal?: string, plain?: string) =>
    octal ? String.fromCharCode(Number.parseInt(octal, 8)) : (plain ?? ""),
  );
const toName = (name: string) => unescapeText(name).toLowerCase().replace(/\.$/, "");

/** The records of a set; none when its type is not served. */
export function toRecords({ Name = "", Type, TTL, ResourceRecords }: ResourceRecordSet): DnsRecord[] {
  const type = servedTypes.find((served) => served === Type);
  if (!type) return [];
  const of = { name: toName(Name), ttl: Number(TTL ?? 0) };
  return (ResourceRecords ?? []).map(({ Value = "" }): DnsRecord => {
    switch (type) {
      case "TXT":
        return { ...of, type, data: strings(Value) };
      case "SOA": {
        // moto prints the object that it keeps a zone's own SOA in: {'Value': '...'}
        const [mname = "", rname = "", ...numbers] = Value.replace(/^.*: '|'\}$/g, "").split(/\s+/);
        const [serial, refresh, retry, expire, minimum] = numbers.map(Number);
        const numbered = { serial, refresh, retry, expire, minimum };
        return { ...of, type, data: { mname: toName(mname), rname: toName(rname), ...numbered } };
      }
      case "CAA": {
        const [flags, tag, ...value] = Value.split(/\s+/);
        const data = { flags: Number(flags), tag: tag as CaaData["tag"], value: strings(value.join(" ")).join("") };
        return { ...of, type, data };
      }
      case "NS":
      case "CNAME":
        return { ...of, type, data: toName(Value) };
      default:
        return { ...of, type, data: Value };
    }
  });
}

/** `"a" "b"` as a and b; text without quotes is one string. */
function strings(value: string): string[] {
  const quoted = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => unescapeText(text));
  return quoted.length > 0 ? quoted : [unescapeText(value)];
}

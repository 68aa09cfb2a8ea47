import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import type { EmulatedAws } from "./dns-cloud";
import { recordName } from "./dns-records";

/** Makes a hosted zone, as the tests see it: past the program and the proxy. */
export async function buildZone(aws: EmulatedAws) {
  const route53 = new Route53Client(aws);
  const { HostedZone } = await route53.send(
    new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "dns-sync" }),
  );
  const HostedZoneId = HostedZone?.Id?.replace("/hostedzone/", "") ?? "";
  const change = async (Action: "UPSERT" | "DELETE", sets: ResourceRecordSet[]) => {
    const ChangeBatch = { Changes: sets.map((ResourceRecordSet) => ({ Action, ResourceRecordSet })) };
    await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
  };
  const zone = async (): Promise<ResourceRecordSet[]> => {
    const { ResourceRecordSets = [] } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
    return ResourceRecordSets;
  };
  return {
    zoneId: HostedZoneId,
    zone,
    put: (...sets: ResourceRecordSet[]) => change("UPSERT", sets),
    remove: (...sets: ResourceRecordSet[]) => change("DELETE", sets),
    /** Addresses of the client record, sorted; undefined without one. */
    async listed(): Promise<string[] | undefined> {
      const record = (await zone()).find(({ Name, Type }) => Name === `${recordName}.` && Type === "A");
      return record?.ResourceRecords?.map(({ Value = "" }) => Value).sort();
    },
  };
}

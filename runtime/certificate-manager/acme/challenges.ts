import {
  type Change,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import type { AcmeChallenge, Pause } from "./server";

const ttlSeconds = 60;

/** TXT records of challenges in a zone. Values that others have written at the same name stay. */
export interface Challenges {
  /** Writes them, and waits until every server of the zone has them. */
  add(challenges: readonly AcmeChallenge[], pause: Pause): Promise<void>;
  remove(challenges: readonly AcmeChallenge[]): Promise<void>;
}

export function route53Challenges(client: Route53Client, HostedZoneId: string): Challenges {
  const find = async (name: string): Promise<ResourceRecordSet | undefined> => {
    const { ResourceRecordSets = [] } = await client.send(
      new ListResourceRecordSetsCommand({ HostedZoneId, StartRecordName: name, StartRecordType: "TXT", MaxItems: 1 }),
    );
    return ResourceRecordSets.find((set) => set.Type === "TXT" && set.Name?.replace(/\.$/, "") === name);
  };
  /** One change for all names, or none when the zone is as desired. */
  const change = async (
    challenges: readonly AcmeChallenge[],
    desired: (existing: string[], values: string[]) => string[],
  ): Promise<string | undefined> => {
    const changes: Change[] = [];
    for (const record of new Set(challenges.map((challenge) => challenge.record))) {
      const values = challenges.filter((challenge) => challenge.record === record).map(({ value }) => `"${value}"`);
      const set = await find(record);
      const existing = (set?.ResourceRecords ?? []).map(({ Value = "" }) => Value);
      const after = desired(existing, values);
      if (after.join() !== existing.join()) changes.push(toChange(record, set, after));
    }
    if (changes.length === 0) return undefined;
    const answer = await client.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes: changes } }),
    );
    return answer.ChangeInfo?.Id;
  };
  return {
    async add(challenges, pause) {
      const id = await change(challenges, (existing, values) => [...new Set([...existing, ...values])]);
      for (let attempt = 0; id !== undefined; attempt++) {
        const { ChangeInfo } = await client.send(new GetChangeCommand({ Id: id }));
        if (ChangeInfo?.Status === "INSYNC") return;
        await pause(attempt);
      }
    },
    async remove(challenges) {
      await change(challenges, (existing, values) => existing.filter((value) => !values.includes(value)));
    },
  };
}

/**
 * Makes the change of one name. A record set without values is deleted; Route 53 deletes only one that is described
 * exactly as it is.
 */
function toChange(name: string, set: ResourceRecordSet | undefined, values: string[]): Change {
  if (values.length === 0 && set) return { Action: "DELETE", ResourceRecordSet: set };
  const ResourceRecords = values.map((Value) => ({ Value }));
  return {
    Action: "UPSERT",
    ResourceRecordSet: { Name: name, Type: "TXT", TTL: set?.TTL ?? ttlSeconds, ResourceRecords },
  };
}

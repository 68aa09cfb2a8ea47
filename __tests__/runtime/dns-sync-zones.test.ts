import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import fc from "fast-check";
import { DnsSyncEnv } from "../../runtime/dns-sync/env";
import { reconcile } from "../../runtime/dns-sync/reconcile";
import { type VirtualTask, virtualAws } from "../support/dns-virtual-aws";
import { VirtualZone } from "../support/dns-virtual-zone";

const record = "nats.example.com.";
const ownershipName = `_natsform.${record}`;
const owner = "natsform:demo/core";

/** Names before, after, below and like ours. */
const names = [
  "example.com.",
  "a.example.com.",
  "nats.example.com.",
  "a.nats.example.com.",
  "_natsform.nats.example.com.",
  "nats.example.com.example.com.",
  "_natsform.a.example.com.",
  "xnats.example.com.",
  "natsx.example.com.",
  "\\052.example.com.",
];
const values: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("192.0.2.1", `"${owner}"`, `"${owner}2"`, '"natsform:" "demo/core"'),
  fc.string({ unit: "grapheme-ascii" }).map((text) => JSON.stringify(text)),
);
const recordSets: fc.Arbitrary<ResourceRecordSet> = fc
  .record({
    Name: fc.constantFrom(...names),
    Type: fc.constantFrom("A" as const, "AAAA" as const, "CNAME" as const, "MX" as const, "TXT" as const),
    form: fc.constantFrom("simple", "simple", "weighted", "alias"),
    TTL: fc.constantFrom(30, 60, 300),
    values: fc.array(values, { minLength: 1, maxLength: 3 }),
    SetIdentifier: fc.constantFrom("blue", "green"),
  })
  .map(({ Name, Type, form, TTL, values, SetIdentifier }) => {
    const AliasTarget = { DNSName: "elb.example.net.", HostedZoneId: "Z2", EvaluateTargetHealth: true };
    if (form === "alias") return { Name, Type, AliasTarget };
    const ResourceRecords = values.map((Value) => ({ Value }));
    return { Name, Type, TTL, ResourceRecords, ...(form === "weighted" && { SetIdentifier, Weight: 1 }) };
  });
/** Mostly ours, or else whatever the rest holds of that name. */
const owned = fc.option(
  fc.constantFrom<ResourceRecordSet>(
    { Name: ownershipName, Type: "TXT", TTL: 300, ResourceRecords: [{ Value: `"${owner}"` }] },
    { Name: ownershipName, Type: "TXT", TTL: 300, ResourceRecords: [{ Value: '"natsform:" "demo/core"' }] },
  ),
  { freq: 4 },
);

const simple = fc.option(
  fc.constant<ResourceRecordSet>({ Name: record, Type: "A", TTL: 30, ResourceRecords: [{ Value: "192.0.2.1" }] }),
);

/** As Route 53 allows them: one of a name and type, or several that have identifiers. */
function asZone(sets: readonly (ResourceRecordSet | null)[]): ResourceRecordSet[] {
  const kept: ResourceRecordSet[] = [];
  for (const set of sets) {
    if (!set) continue;
    const same = kept.filter(({ Name, Type }) => Name === set.Name && Type === set.Type);
    const joins = ({ SetIdentifier }: ResourceRecordSet) =>
      SetIdentifier && set.SetIdentifier && SetIdentifier !== set.SetIdentifier;
    if (same.every(joins)) kept.push(set);
  }
  return kept;
}

const isRecord = ({ Name, Type }: ResourceRecordSet) => Name === record && Type === "A";
const env = DnsSyncEnv.parse({
  ECS_CLUSTER: "demo",
  ECS_SERVICES: "core",
  HOSTED_ZONE_ID: "Z1",
  RECORD_NAME: "nats.example.com",
  OWNERSHIP_RECORD_NAME: "_natsform.nats.example.com",
  OWNER: owner,
});

test("in 1,000 random zones other records stay byte for byte, and ours too unless its ownership says so", async () => {
  const outcomes: Record<string, number> = {};
  const zones = fc.record({
    owned,
    simple,
    rest: fc.array(recordSets, { maxLength: 20 }),
    whenEmpty: fc.constantFrom("keep" as const, "delete" as const),
    servers: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(zones, async ({ owned, simple, rest, whenEmpty, servers }) => {
      const sets = asZone([owned, simple, ...rest]);
      const zone = new VirtualZone(sets);
      const before = zone.all().filter((set) => !isRecord(set));
      const [mine] = sets.filter(isRecord);
      const bytes = { others: JSON.stringify(before), mine: JSON.stringify(mine) };
      const cloud = {
        tasks: Array.from({ length: servers }, (_, i) => healthyTask(i)),
        addresses: new Map(Array.from({ length: servers }, (_, i) => [`eni-${i}`, `198.51.100.${i}`])),
      };
      const aws = virtualAws({ request: () => cloud, answer: () => {}, zone, pageSize: 100 });
      const { record: outcome } = await reconcile(aws, { ...env, WHEN_EMPTY: whenEmpty });
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;

      expect(JSON.stringify(zone.all().filter((set) => !isRecord(set)))).toBe(bytes.others);
      const text = sets.filter(({ Name, Type }) => Name === ownershipName && Type === "TXT");
      const says = text.flatMap(({ ResourceRecords = [] }) => ResourceRecords.map(({ Value }) => Value));
      const isOurs = says.length === 1 && [`"${owner}"`, '"natsform:" "demo/core"'].includes(says[0] ?? "");
      const special = mine?.AliasTarget ?? mine?.SetIdentifier;
      const after = zone.all().filter(isRecord);
      if (!isOurs || special) {
        expect(outcome).toBe("refused");
        expect(zone.changes).toEqual([]);
      } else if (servers > 0) {
        expect(after).toHaveLength(1);
        expect(zone.addresses("nats.example.com")).toEqual([...cloud.addresses.values()]);
      } else if (whenEmpty === "delete") expect(after).toEqual([]);
      else expect(JSON.stringify(after[0])).toBe(bytes.mine);
    }),
    { numRuns: 1000 },
  );
  // Each outcome was really met.
  for (const outcome of ["changed", "kept", "deleted", "refused"]) expect(outcomes[outcome]).toBeGreaterThan(10);
});

function healthyTask(i: number): VirtualTask {
  const statuses = { lastStatus: "RUNNING", desiredStatus: "RUNNING", healthStatus: "HEALTHY" };
  return { arn: `task/${i}`, service: "core", interfaceId: `eni-${i}`, ...statuses };
}

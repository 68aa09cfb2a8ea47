import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { RecordChange } from "../../runtime/dns-sync/record";

/** A hosted zone in memory, with Route 53's order and rules as far as dns-sync meets them. */
export class VirtualZone {
  /** Every change that was taken, as the record's addresses after it. */
  readonly changes: (readonly string[])[] = [];
  private sets: ResourceRecordSet[];

  constructor(sets: readonly ResourceRecordSet[]) {
    this.sets = sorted(sets);
  }

  all(): readonly ResourceRecordSet[] {
    return this.sets;
  }

  /** The first record set of this name and type or after it. */
  list(name: string, type: string): readonly ResourceRecordSet[] {
    const start = order({ Name: `${name}.`, Type: type as "A" });
    const found = this.sets.find((set) => orderOf(set) >= start);
    return found ? [found] : [];
  }

  change(name: string, { action, addresses, ttlSeconds }: RecordChange): void {
    const same = (set: ResourceRecordSet) => set.Name === `${name}.` && set.Type === "A";
    const there = this.sets.find(same);
    if (there?.SetIdentifier) throw new Error("InvalidChangeBatch: a record set with a routing policy is there");
    const listed = JSON.stringify(there?.ResourceRecords?.map(({ Value }) => Value));
    if (action === "DELETE" && (there?.TTL !== ttlSeconds || listed !== JSON.stringify(addresses)))
      throw new Error("InvalidChangeBatch: the values do not match");
    const rest = this.sets.filter((set) => !same(set));
    const ResourceRecords = addresses.map((Value) => ({ Value }));
    const written: ResourceRecordSet[] =
      action === "UPSERT" ? [{ Name: `${name}.`, Type: "A", TTL: ttlSeconds, ResourceRecords }] : [];
    this.sets = sorted([...rest, ...written]);
    this.changes.push(action === "UPSERT" ? addresses : []);
  }

  /** Addresses of the simple A record of this name; undefined without one. */
  addresses(name: string): string[] | undefined {
    const set = this.sets.find(({ Name, Type }) => Name === `${name}.` && Type === "A");
    return set?.ResourceRecords?.map(({ Value = "" }) => Value).sort();
  }
}

/** Route 53 sorts by labels from the last one on, then by type. */
const order = ({ Name = "", Type = "A", SetIdentifier = "" }: ResourceRecordSet) =>
  `${Name.split(".").reverse().join("\u0000")}\u0001${Type}\u0001${SetIdentifier}`;

const orders = new WeakMap<ResourceRecordSet, string>();
function orderOf(set: ResourceRecordSet): string {
  const known = orders.get(set) ?? order(set);
  orders.set(set, known);
  return known;
}

const sorted = (sets: readonly ResourceRecordSet[]) => [...sets].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));

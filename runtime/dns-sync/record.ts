import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { setsOf, textsOf } from "./record-sets";

/** Reason why the record is left alone. */
export type Refusal = "ownership missing" | "owned by somebody else" | "alias or routing policy";

/** The client record as it stands. */
export interface Listed {
  addresses: readonly string[];
  ttlSeconds: number;
}

export interface RecordChange {
  action: "UPSERT" | "DELETE";
  addresses: readonly string[];
  ttlSeconds: number;
}

/** Reason why the record of this ownership is not ours; undefined when it is. */
export function ownershipRefusal(
  sets: readonly ResourceRecordSet[],
  { name, owner }: { name: string; owner: string },
): Refusal | undefined {
  const owners = setsOf(sets, name, "TXT").flatMap(textsOf);
  if (owners.length === 0) return "ownership missing";
  // Exactly one: two owners would write in turn.
  return owners.length === 1 && owners[0] === owner ? undefined : "owned by somebody else";
}

/** Reason why a plain record may not replace this one; undefined where it is plain, or not there. */
export function formRefusal(sets: readonly ResourceRecordSet[], name: string): Refusal | undefined {
  const special = setsOf(sets, name, "A").some(({ SetIdentifier, AliasTarget }) => SetIdentifier || AliasTarget);
  return special ? "alias or routing policy" : undefined;
}

/** The client record among these; undefined where there is none. */
export function listedRecord(sets: readonly ResourceRecordSet[], name: string): Listed | undefined {
  const [record] = setsOf(sets, name, "A");
  if (!record) return undefined;
  const { ResourceRecords = [], TTL: ttlSeconds = 0 } = record;
  return { addresses: ResourceRecords.flatMap(({ Value }) => (Value ? [Value] : [])), ttlSeconds };
}

/**
 * The change that makes the record list exactly the healthy servers; none when it already does.
 *
 * With no healthy server the record stays, unless `whenEmpty` deletes it: an absent name is cached for longer than an
 * address.
 */
export function recordChange(
  healthy: readonly string[],
  listed: Listed | undefined,
  { ttlSeconds, whenEmpty }: { ttlSeconds: number; whenEmpty: "keep" | "delete" },
): RecordChange | undefined {
  const desired = [...new Set(healthy)].sort();
  if (desired.length === 0)
    // A deletion names what it deletes: it fails when another client changed the record meanwhile.
    return whenEmpty === "delete" && listed ? { action: "DELETE", ...listed } : undefined;
  const same = listed?.ttlSeconds === ttlSeconds && desired.join() === [...listed.addresses].sort().join();
  return same ? undefined : { action: "UPSERT", addresses: desired, ttlSeconds };
}

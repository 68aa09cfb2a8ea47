import type { BaseAnswer, CaaAnswer, SoaAnswer, TxtAnswer } from "dns-packet";

export const servedTypes = ["SOA", "NS", "A", "AAAA", "TXT", "CNAME", "CAA"] as const;

/** One record; `name` in lower case, without a final dot. */
export type DnsRecord = SoaAnswer | CaaAnswer | TxtAnswer | BaseAnswer<"NS" | "A" | "AAAA" | "CNAME", string>;

/** A public zone with all of its records. */
export interface DnsZone {
  /** In lower case, without a final dot. */
  name: string;
  records: DnsRecord[];
}

/**
 * Reply of an authoritative server; `authorities` holds the SOA of negative answers and the servers of a delegation.
 */
export interface DnsReply {
  rcode: "NOERROR" | "NXDOMAIN" | "REFUSED";
  authoritative: boolean;
  answers: DnsRecord[];
  authorities: DnsRecord[];
}

const refused: DnsReply = { rcode: "REFUSED", authoritative: false, answers: [], authorities: [] };
/** A chain of aliases that is longer than this is a loop. */
const maxAliases = 8;

/** Answers a question from the zones. Names outside of them and types that are not served are refused. */
export function answer(zones: readonly DnsZone[], question: { name: string; type: string }): DnsReply {
  if (!servedTypes.some((type) => type === question.type)) return refused;
  let name = question.name.toLowerCase().replace(/\.$/, "");
  const answers: DnsRecord[] = [];
  for (let aliases = 0; aliases <= maxAliases; aliases++) {
    const zone = zoneOf(zones, name);
    // An alias that leads out of the zones is for the resolver to follow.
    if (!zone) return answers.length > 0 ? found(answers) : refused;
    const delegated = delegation(zone, name);
    if (delegated.length > 0)
      return { rcode: "NOERROR", authoritative: answers.length > 0, answers, authorities: delegated };
    const records = recordsOf(zone, name);
    const desired = records.filter(({ type }) => type === question.type);
    const alias = records.find(({ type }) => type === "CNAME");
    if (desired.length > 0) return found([...answers, ...desired]);
    if (alias?.type !== "CNAME") {
      const soa = zone.records.filter(({ type }) => type === "SOA");
      const rcode = records.length > 0 || exists(zone, name) ? "NOERROR" : "NXDOMAIN";
      return { rcode, authoritative: true, answers, authorities: soa };
    }
    answers.push(alias);
    name = alias.data.toLowerCase().replace(/\.$/, "");
  }
  return found(answers);
}

const found = (answers: DnsRecord[]): DnsReply => ({ rcode: "NOERROR", authoritative: true, answers, authorities: [] });

/** `a.b.c`, `b.c`, `c`: a name and what lies above it. */
const upwards = (name: string) => name.split(".").map((_, index, labels) => labels.slice(index).join("."));

function zoneOf(zones: readonly DnsZone[], name: string): DnsZone | undefined {
  for (const suffix of upwards(name)) {
    const zone = zones.find((candidate) => candidate.name === suffix);
    if (zone) return zone;
  }
  return undefined;
}

/** The servers that the zone names for a part of itself, when the name lies in it. */
function delegation(zone: DnsZone, name: string): DnsRecord[] {
  const cut = upwards(name).filter((suffix) => suffix.length > zone.name.length);
  return zone.records.filter((record) => record.type === "NS" && cut.includes(record.name));
}

/** True for a name with records of its own or below it. */
const exists = ({ records }: DnsZone, name: string) =>
  records.some((record) => record.name === name || record.name.endsWith(`.${name}`));

/** Records of the name, or else of the wildcard below its nearest name that exists (RFC 4592). */
function recordsOf(zone: DnsZone, name: string): DnsRecord[] {
  const of = (owner: string) => zone.records.filter((record) => record.name === owner);
  if (exists(zone, name)) return of(name);
  const encloser = upwards(name)
    .slice(1)
    .find((suffix) => suffix === zone.name || exists(zone, suffix));
  return encloser === undefined ? [] : of(`*.${encloser}`).map((record) => ({ ...record, name }));
}

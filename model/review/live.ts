import type { StreamTopology } from "../topology";

/** What servers of one cluster said when they were asked. */
export interface LiveCluster {
  cluster: string;
  /** When they were asked; ISO 8601. */
  at: string;
  servers: LiveServer[];
  /** Of the group that every cluster with JetStream has: how many are in it, and how many have everything; 0: it has no leader. */
  meta?: { size: number; current: number };
  streams: LiveStream[];
}

export interface LiveServer {
  name: string;
  /** Absent: it did not answer. */
  said?: {
    version: string;
    connections: number;
    /** When the first of the certificates that it serves ends; ISO 8601. Absent: it has none, or is older than 2.12. */
    certificatesUntil?: string;
  };
}

export interface LiveStream {
  account: string;
  name: string;
  messages: number;
  bytes: number;
  /** Times of its oldest and its newest message; absent where it has none. */
  firstAt?: string;
  lastAt?: string;
  /** Servers whose copy is not the leader's: how many operations behind; undefined where it is away. */
  behind: { server: string; lag?: number }[];
}

/** What servers delete at once when a stream gets these limits. */
export interface Deleted {
  bytes: number;
  /** Where messages are taken for evenly spread, over time or in size. */
  about: boolean;
}

/** What is beyond the limits of a stream, of what it holds; undefined when nothing is, or nobody can say. */
export function deletedBy(
  { messages, bytes, firstAt, lastAt }: LiveStream,
  { maxAgeMs, maxBytes, maxMessages }: Pick<StreamTopology, "maxAgeMs" | "maxBytes" | "maxMessages">,
  at: string,
): Deleted | undefined {
  const over: Deleted[] = [];
  if (maxBytes !== undefined && bytes > maxBytes) over.push({ bytes: bytes - maxBytes, about: false });
  if (maxMessages !== undefined && messages > maxMessages)
    over.push({ bytes: (bytes * (messages - maxMessages)) / messages, about: true });
  const first = Date.parse(firstAt ?? "");
  const last = Date.parse(lastAt ?? "");
  if (maxAgeMs !== undefined && first <= last) {
    const oldest = Date.parse(at) - maxAgeMs;
    if (last < oldest) over.push({ bytes, about: false });
    else if (first < oldest) over.push({ bytes: (bytes * (oldest - first)) / (last - first), about: true });
  }
  return over.sort((a, b) => b.bytes - a.bytes)[0];
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A size for people: `35.1 GiB`. */
export function sizeText(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${Math.round((bytes / 2 ** (10 * power)) * 10) / 10} ${units[power]}`;
}

/** `this stream is 41 GiB now, and about 35.1 GiB of it are deleted at once`. */
export function lossNow(
  live: readonly LiveCluster[],
  stream: Pick<StreamTopology, "name" | "account" | "cluster" | "maxAgeMs" | "maxBytes" | "maxMessages">,
): string | undefined {
  const asked = live.find(({ cluster }) => cluster === stream.cluster);
  const found = asked?.streams.find(({ name, account }) => name === stream.name && account === stream.account);
  if (!asked || !found) return undefined;
  const deleted = deletedBy(found, stream, asked.at);
  const size = `this stream is ${sizeText(found.bytes)} now`;
  return deleted
    ? `${size}, and ${deleted.about ? "about " : ""}${sizeText(deleted.bytes)} of it are deleted at once`
    : `${size}, and nothing of it is beyond the limits yet`;
}

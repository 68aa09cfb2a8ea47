import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { STREAM_OFFLINE, unlessMissing } from "../client/retry";
import { type Difference, differences, lasting } from "./compare";
import { NoReaderOn, type Reading, ReadingStopped, readReplicas } from "./read-replicas";

/** Sequences that are compared at once: what is held of them is in memory. */
const WINDOW = 100_000;
/** Readings after which a difference is one: each begins when the one before has ended. */
const READINGS = 3;

export interface AuditProps extends Pick<Reading, "bytesPerSecond" | "inboxPrefix"> {
  /** Sequences that are compared at once. @default 100000 */
  window?: number;
  /** A server whose replica is left out: it is away, or is not to be trusted. */
  without?: string;
  /** Told up to which sequence is compared, where there is more. */
  progress?: (compared: number, last: number) => void;
}

export type StreamAudit = { stream: string } & (
  | { verdict: "agree"; servers: string[]; messages: number }
  /** `count` sequences differ; the first is described. */
  | { verdict: "differ"; servers: string[]; messages: number; count: number; first: Difference }
  /** `single`: there is one copy, so there is nothing to compare it with. */
  | { verdict: "single"; servers: string[] }
  /** `because`: reading it would remove from it, or a replica cannot be read now. */
  | { verdict: "not compared"; servers: string[]; because: "retention" | "away"; why: string }
);

/**
 * Compares the replicas of a stream by content, while it is used: what is stored after the beginning does not count, and
 * what retention or somebody removes meanwhile is no difference.
 */
export async function auditStream(
  nc: NatsConnection,
  jsm: JetStreamManager,
  stream: string,
  props: AuditProps,
): Promise<StreamAudit> {
  const info = await unlessMissing(STREAM_OFFLINE, () => jsm.streams.info(stream));
  if (!info)
    return { stream, verdict: "not compared", servers: [], because: "away", why: "all servers that hold it are away" };
  const servers = serversOf(info).filter((server) => server !== props.without);
  if (servers.length < 2) return { stream, verdict: "single", servers };
  const why = unreadable(info, props.without);
  if (why) return { stream, verdict: "not compared", servers, ...why };
  try {
    return await compareAll(nc, jsm, { stream, servers, state: info.state, ...props });
  } catch (error) {
    if (error instanceof NoReaderOn)
      return {
        stream,
        verdict: "not compared",
        servers,
        because: "away",
        why: `${error.servers.join(", ")} is away or not ready`,
      };
    if (error instanceof ReadingStopped)
      return { stream, verdict: "not compared", servers, because: "away", why: error.message };
    throw error;
  }
}

async function compareAll(
  nc: NatsConnection,
  jsm: JetStreamManager,
  {
    stream,
    servers,
    state: { first_seq, last_seq },
    ...props
  }: AuditProps & {
    stream: string;
    servers: string[];
    state: StreamInfo["state"];
  },
): Promise<StreamAudit> {
  const { window = WINDOW, progress } = props;
  let messages = 0;
  let count = 0;
  let first: Difference | undefined;
  for (let from = Math.max(1, first_seq); from <= last_seq; from += window) {
    const to = Math.min(last_seq, from + window - 1);
    const compared = await compareWindow(nc, jsm, { stream, servers, from, to, ...props });
    messages += compared.messages;
    count += compared.found.length;
    first ??= compared.found[0];
    if (to < last_seq) progress?.(to, last_seq);
  }
  if (first) return { stream, verdict: "differ", servers, messages, count, first };
  return { stream, verdict: "agree", servers, messages };
}

async function compareWindow(
  nc: NatsConnection,
  jsm: JetStreamManager,
  reading: Reading,
): Promise<{ messages: number; found: Difference[] }> {
  let found: Difference[] | undefined;
  for (let left = READINGS; ; left--) {
    const replicas = await readReplicas(nc, jsm, reading);
    const now = differences(replicas);
    found = found ? lasting(found, now) : now;
    if (found.length === 0 || left === 1)
      return { messages: Math.max(...[...replicas.values()].map(({ size }) => size)), found };
  }
}

/** Servers that hold a replica, the leader among them. */
export const serversOf = ({ cluster }: Pick<StreamInfo, "cluster">): string[] =>
  [cluster?.leader, ...(cluster?.replicas ?? []).map(({ name }) => name)].flatMap((name) => name || []).sort();

/** Why the replicas cannot be compared, if they cannot. */
function unreadable(
  { config, cluster }: StreamInfo,
  without?: string,
): { because: "retention" | "away"; why: string } | undefined {
  const away = (cluster?.replicas ?? []).filter(({ name, offline }) => offline && name !== without);
  if (away.length > 0) return { because: "away", why: `${away.map(({ name }) => name).join(", ")} is away` };
  if (config.retention === "limits") return undefined;
  const why = `its retention is ${config.retention}: whoever reads it takes part in what is removed`;
  return { because: "retention", why };
}

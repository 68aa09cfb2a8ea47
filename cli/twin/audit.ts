import type { NatsConnection } from "@nats-io/transport-node";
import { type ClusterTopology, streamsInbox } from "../../model/topology";
import { auditStream, type StreamAudit } from "../../runtime/audit/audit-stream";
import { describeDifference } from "../../runtime/audit/compare";
import { names } from "../../runtime/backup/api";
import { manager } from "../../runtime/streams/find";
import { counted } from "../core/counted";
import { projectRoot } from "../core/environments";
import { type Host, notices } from "../core/host";
import { UserError } from "../core/project";
import type { Row } from "../core/rows";
import { streamsClient } from "./connect";
import { openTwin, type Twin } from "./context";
import { jetStreamScopes } from "./streams";

export interface AuditOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
  /** Streams to look at. @default all, also those that natsform did not make */
  streams?: readonly string[];
  /** Bytes a second that are read of each replica. @default 16 MiB */
  bytesPerSecond?: number;
}

export type StreamResult = { cluster: string; account: string } & StreamAudit;

export interface Audited {
  environment: string;
  /** `differ` when replicas of one stream do, `incomplete` when none does and not all could be compared. */
  verdict: "agree" | "differ" | "incomplete";
  streams: StreamResult[];
}

const deadlineMs = 60_000;
/** Bytes a second that are read of each replica. */
export const usualRate = 16 * 2 ** 20;

/**
 * Compares what the servers of a twin hold of every stream, message by message, while they are used; reports a row for
 * each stream.
 *
 * @throws UserError for a stream that is not there
 */
export async function auditTwin(
  name: string,
  { root = projectRoot(), streams, bytesPerSecond = usualRate }: AuditOptions,
  host: Host,
): Promise<Audited> {
  const twin = await openTwin(name, root);
  const say = notices(host);
  if (streams) refuseUnknown(streams, (await inEachScope(twin, ({ all }) => all)).flat(), name);
  const audited = await inEachScope(twin, async ({ cluster, account, nc, all }) => {
    const jsm = await manager(nc);
    const results: StreamResult[] = [];
    for (const stream of all.filter((each) => streams?.includes(each) ?? true)) {
      const audit = await auditStream(nc, jsm, stream, {
        bytesPerSecond,
        inboxPrefix: streamsInbox,
        progress: (compared, last) => say(`${account}: ${stream} is compared up to sequence ${compared} of ${last}`),
      });
      const result = { cluster: cluster.name, account, ...audit };
      results.push(result);
      host.report({ code: "row", row: rowOf(result, twin) });
    }
    return results;
  });
  const results = audited.flat();
  return { environment: name, verdict: verdictOf(results), streams: results };
}

/** Work in each account with JetStream of each cluster. @param work is given the names of all streams there */
async function inEachScope<T>(
  twin: Twin,
  work: (scope: { cluster: ClusterTopology; account: string; nc: NatsConnection; all: string[] }) => T | Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const { cluster, account } of jetStreamScopes(twin)) {
    const client = await streamsClient(twin, cluster, account);
    try {
      const nc = await client.connection();
      const all = await names(nc, "STREAM.NAMES", Date.now() + deadlineMs);
      results.push(await work({ cluster, account, nc, all }));
    } finally {
      await client.close();
    }
  }
  return results;
}

function refuseUnknown(wanted: readonly string[], known: readonly string[], environment: string): void {
  const missing = wanted.filter((stream) => !known.includes(stream));
  if (missing.length === 0) return;
  throw new UserError(
    `no stream is called ${missing.join(", ")}`,
    known.length === 0
      ? `natsform streams apply ${environment}`
      : `there are: ${[...new Set(known)].sort().join(", ")}`,
  );
}

function verdictOf(results: readonly StreamResult[]): Audited["verdict"] {
  const verdicts = results.map(({ verdict }) => verdict);
  if (verdicts.includes("differ")) return "differ";
  return verdicts.includes("not compared") ? "incomplete" : "agree";
}

function rowOf(result: StreamResult, { topology }: Twin): Row {
  const where = topology.clusters.length > 1 ? `${result.cluster}/${result.account}` : result.account;
  return {
    group: "streams",
    what: `${where}: ${result.stream}`,
    ok: result.verdict !== "differ",
    warns: result.verdict === "not compared",
    seen: seenOf(result),
  };
}

function seenOf(result: StreamAudit): string {
  const servers = result.servers.join(", ");
  switch (result.verdict) {
    case "agree":
      return result.messages === 0
        ? `${servers} hold nothing`
        : `${servers} hold the same ${counted(result.messages, "message")}`;
    case "differ":
      return `${counted(result.count, "message")} of ${result.messages} differ, from sequence ${result.first.sequence} on: ${describeDifference(result.first)}`;
    case "single":
      return `one copy, on ${servers || "its server"}: there is nothing to compare it with`;
    case "not compared":
      return `not compared: ${result.why}`;
  }
}

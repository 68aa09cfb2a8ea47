import type { ClusterInfo, JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { Jsz, Varz } from "../client/monitoring";
import { NotYet, until } from "../client/retry";
import { errorMessage } from "../common/error-message";

/** A stream or consumer as its leader sees it. */
export interface Replicated {
  readonly cluster?: ClusterInfo;
  /** Replicas it should have. */
  readonly expected: number;
}

/** Reason why not all its replicas are up to date; undefined when they are. */
export function missingReplicas({ cluster, expected }: Replicated): string | undefined {
  // A server that is not clustered calls itself the leader of a cluster without a name.
  if (!cluster?.name) return expected === 1 ? undefined : `replicas: 1 instead of ${expected}`;
  if (!cluster.leader) return "it has no leader";
  const followers = (cluster.replicas ?? []).filter(({ name }) => name !== cluster.leader);
  // More than expected is a move that has not ended.
  if (followers.length + 1 !== expected) return `replicas: ${followers.length + 1} instead of ${expected}`;
  const behind = followers.filter(({ current, offline, lag }) => !current || offline || lag > 0);
  return behind.length > 0 ? `behind or away: ${behind.map(({ name }) => name).join(", ")}` : undefined;
}

/** Repeats `read` until the leader sees all replicas up to date. Throws NotInTime, naming the replicas that are not. */
export function untilReplicated(
  what: string,
  deadline: number,
  read: () => Promise<Replicated>,
  waiting?: (why: string) => void,
): Promise<Replicated> {
  const attempt = async () => {
    const group = await read();
    const missing = missingReplicas(group);
    if (missing) throw new NotYet(missing);
    return group;
  };
  return until(`all replicas of ${what}`, deadline, attempt, waiting);
}

/** HTTP address of each server of the cluster, as `http://10.0.0.1:8222`, and the account to query. */
export interface Monitoring {
  readonly urls: readonly string[];
  /** @default "$G" */
  readonly account?: string;
}

export interface ReplicaProof {
  /**
   * `every-server`: each reported it itself. `leader`: only the leader reported that its followers have persisted all
   * that is committed.
   */
  readonly by: "every-server" | "leader";
  /** Last sequence by server name; of the leader alone where only it was queried. */
  readonly lastSequences: Readonly<Record<string, number>>;
}

/**
 * Proves that every replica of a stream has the message with this sequence. An acknowledgement alone is only a
 * quorum's.
 *
 * With monitoring addresses each server reports on its own copy: the message went through the log and is applied to the
 * store there. Without, it is the leader's view: the followers hold the message in their logs. Neither proves that it
 * is synced to disk (see durable.ts), nor that the copies are equal: that takes an audit of their content.
 *
 * @param deadline milliseconds since the epoch
 * @throws NotInTime when a replica does not have it by then, with its name; Error when a replica has no monitoring
 *   address
 */
export async function acknowledgedByAllReplicas(
  jsm: JetStreamManager,
  stream: string,
  sequence: number,
  deadline: number,
  monitoring?: Monitoring,
): Promise<ReplicaProof> {
  return until(`sequence ${sequence} of ${stream} on all replicas`, deadline, async () => {
    const info = await jsm.streams.info(stream);
    const missing = missingReplicas({ ...info, expected: info.config.num_replicas });
    if (missing) throw new NotYet(missing);
    const leader = info.cluster?.name ? info.cluster.leader : undefined;
    const proof: ReplicaProof =
      monitoring && leader
        ? { by: "every-server", lastSequences: await ownAccounts(stream, replicaNames(info), monitoring) }
        : { by: "leader", lastSequences: { [leader ?? "the only server"]: info.state.last_seq } };
    for (const [server, last] of Object.entries(proof.lastSequences))
      if (last < sequence) throw new NotYet(`${server} is at ${last}`);
    return proof;
  });
}

const replicaNames = ({ cluster }: StreamInfo): string[] => [
  ...new Set([cluster?.leader ?? "", ...(cluster?.replicas ?? []).map(({ name }) => name)]),
];

async function ownAccounts(stream: string, replicas: readonly string[], { urls, account = "$G" }: Monitoring) {
  const accounts = new Map(
    await Promise.all(
      urls.map(async (url): Promise<[string, number | undefined]> => {
        const { server_name } = await get<Varz>(`${url}/varz`);
        const { account_details } = await get<Jsz>(`${url}/jsz?acc=${encodeURIComponent(account)}&streams=true`);
        const streams = (account_details ?? []).flatMap(({ stream_detail }) => stream_detail ?? []);
        return [server_name, streams.find(({ name }) => name === stream)?.state.last_seq];
      }),
    ),
  );
  const unknown = replicas.filter((name) => !accounts.has(name));
  if (unknown.length > 0) throw new Error(`no monitoring address for ${unknown.join(", ")}, which holds ${stream}`);
  return Object.fromEntries(replicas.map((name) => [name, accounts.get(name) ?? 0]));
}

async function get<Body>(url: string): Promise<Body> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await response.json()) as Body;
  } catch (error) {
    throw new NotYet(`${url}: ${errorMessage(error)}`);
  }
}

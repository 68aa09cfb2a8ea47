import type { StreamState } from "./api";
import type { Scope } from "./catalog";
import type { Manifest } from "./manifest";
import { unreadable } from "./snapshot-format";

/** Action of a restore for one stream of a backup. */
export interface RestoreStep {
  readonly stream: string;
  readonly kind: "restore" | "replace" | "refused";
  /** Reason, and for a refusal what to do. */
  readonly reason: string;
}

export interface RestoreRequest {
  readonly manifest: Manifest;
  /** Destination of the restore. */
  readonly into: Scope;
  /** Names of the streams that exist there. */
  readonly existing: readonly string[];
  /** States of those of them that are to be restored, as far as they are known. */
  readonly states?: ReadonlyMap<string, Pick<StreamState, "messages" | "last_seq">>;
  /** Name that the servers give their cluster; absent for one server alone, which holds no second replica. */
  readonly natsCluster?: string;
  /** nats-server there. */
  readonly serverVersion?: string;
  /** Names of the streams to restore; none: all of the backup. */
  readonly streams: readonly string[];
  /** Names of the streams that may be deleted first. */
  readonly replace: readonly string[];
  /** The backup may come from another environment, cluster or account, named as {@link scopeName} does. */
  readonly from?: string;
}

/** nats-server 2.15 restores into the stream itself, and leaves what it has when nobody sends the rest. */
const isPart = (found: Pick<StreamState, "messages" | "last_seq"> | undefined, backup: StreamState): boolean =>
  found !== undefined && found.messages < backup.messages && found.last_seq < backup.last_seq;

const leftOf = (stream: string) =>
  `it exists, with fewer messages than the backup and up to an earlier one, as a restore leaves it that was killed: if it is that, remove it (nats stream rm ${stream}), and restore again`;

export const scopeName = ({ environment, cluster, account }: Scope): string => `${environment}/${cluster}/${account}`;

/**
 * Reason why nothing of this backup may be restored there; undefined when it may. Compares the servers' cluster name,
 * too: addresses are misspelt.
 */
function wrongTarget({ manifest, into, from, natsCluster }: RestoreRequest): string | undefined {
  const origin = scopeName(manifest);
  if (origin === from) return undefined;
  const allow = `to restore it here all the same, allow it from ${origin}`;
  if (origin !== scopeName(into)) return `the backup is of ${origin}, and this is ${scopeName(into)}: ${allow}`;
  if (natsCluster === manifest.natsCluster) return undefined;
  const called = (name: string | undefined) => (name === undefined ? "a server alone" : `cluster ${name}`);
  return `the backup was taken from ${called(manifest.natsCluster)}, and this is ${called(natsCluster)}: ${allow}`;
}

/**
 * Plans a restore, stream by stream. One refusal keeps everything from being restored.
 *
 * Nothing that exists is overwritten unless its name is given: not even an empty stream, since someone created it.
 */
export function planRestore(request: RestoreRequest): RestoreStep[] {
  const { manifest, existing, streams, replace } = request;
  const refuse = (stream: string, reason: string): RestoreStep => ({ stream, kind: "refused", reason });
  const desired = streams.length > 0 ? [...new Set(streams)] : manifest.streams.map(({ name }) => name);
  const elsewhere = wrongTarget(request) ?? unreadable(manifest, request.serverVersion);
  const steps = desired.map((stream): RestoreStep => {
    if (elsewhere !== undefined) return refuse(stream, elsewhere);
    const backup = manifest.streams.find(({ name }) => name === stream);
    if (!backup) return refuse(stream, `the backup ${manifest.id} does not hold it`);
    const replicas = Number(backup.config.num_replicas ?? 1);
    if (replicas > 1 && request.natsCluster === undefined)
      return refuse(stream, `it has ${replicas} replicas, and this server is not clustered`);
    const { messages, first_seq, last_seq } = backup.state;
    const what = `${messages} messages, ${first_seq} to ${last_seq}, ${backup.consumers.length} consumers`;
    if (!existing.includes(stream)) return { stream, kind: "restore", reason: what };
    if (replace.includes(stream))
      return { stream, kind: "replace", reason: `the existing stream is deleted first; ${what}` };
    if (isPart(request.states?.get(stream), backup.state)) return refuse(stream, leftOf(stream));
    return refuse(stream, "it exists: name it as one that may be replaced, or move it out of the way");
  });
  const unknown = replace.filter((name) => !desired.includes(name));
  return [
    ...steps,
    ...unknown.map((name) => refuse(name, "it may be replaced but is not to be restored: a misspelt name?")),
  ];
}

import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "pino";
import { isOfNats } from "../client/nats-errors";
import { CONSUMER_NOT_FOUND, errorNumber, NotInTime, STREAM_NOT_FOUND, unlessMissing } from "../client/retry";
import { errorMessage } from "../common/error-message";
import { ApiRefusal, type ConsumerDescription, describeConsumer, describeStream, names } from "./api";
import { newBackupId } from "./backup-id";
import { folderOf, type Scope } from "./catalog";
import { digestContent } from "./content";
import { MANIFEST } from "./contract";
import { consumersOf, isMemory, memoryHole } from "./holes";
import type { BackupKey } from "./keys";
import { type Hole, type Manifest, printManifest, type StreamBackup } from "./manifest";
import { SnapshotBroken, takeSnapshot } from "./snapshot";
import { SnapshotIncomplete } from "./snapshot-content";
import { writesArchives } from "./snapshot-format";
import { storeAndRead } from "./store-and-read";
import { type Place, storeData } from "./stored-data";
import { type Target, writeText } from "./target";

export interface BackupProps {
  readonly target: Target;
  readonly scope: Scope;
  /** Encrypts with it. */
  readonly key?: BackupKey;
  readonly now: () => Date;
  readonly log: Logger;
  /** Milliseconds to wait for a missing leader, each time. @default 30000 */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 30_000;
/** Lowest rate at which a server checks its messages before it answers: 20 MB a second. */
const CHECKED_BYTES_PER_MS = 20_000;
/** A leader that changes in the middle ends a snapshot; more than once is not bad luck. */
const ATTEMPTS = 3;

/**
 * Backs up every stream of the connection's account. The manifest is written last: without one there is no backup.
 *
 * A stream that cannot be backed up is a hole: the backup is then not complete, but it holds the others.
 *
 * @throws when the account cannot be listed or the manifest cannot be written
 */
export async function backUp(nc: NatsConnection, props: BackupProps): Promise<Manifest> {
  const { target, scope, key, now, log } = props;
  const started = now();
  const id = newBackupId(started);
  const place: Place = { target, folder: `${folderOf(scope)}/${id}` };
  const patienceMs = props.patienceMs ?? PATIENCE_MS;
  const streams: StreamBackup[] = [];
  const holes: Hole[] = [];
  let complete = true;
  for (const stream of await names(nc, "STREAM.NAMES", Date.now() + patienceMs)) {
    try {
      const found = await backUpStream(nc, stream, { place, key, log, patienceMs });
      if (found.backup) streams.push(found.backup);
      holes.push(...found.holes);
    } catch (error) {
      complete = false;
      const what = errorMessage(error);
      holes.push({ kind: "stream-failed", stream, what });
    }
  }
  const manifest: Manifest = {
    format: 1,
    id,
    ...scope,
    startedAt: started.toISOString(),
    finishedAt: now().toISOString(),
    serverVersion: nc.info?.version ?? "unknown",
    natsCluster: nc.info?.cluster,
    ...(key && { keyId: key.id }),
    complete,
    streams,
    holes,
  };
  await writeText(target, `${place.folder}/${MANIFEST}`, printManifest(manifest, key));
  return manifest;
}

interface StreamProps {
  readonly place: Place;
  readonly key?: BackupKey;
  readonly log: Logger;
  readonly patienceMs: number;
}

/** nats-server before 2.15 says this of every memory stream. */
const SNAPSHOT_FAILED = 10064;

/** Returns nothing for a stream that was deleted meanwhile. */
async function backUpStream(
  nc: NatsConnection,
  stream: string,
  props: StreamProps,
): Promise<{ backup?: StreamBackup; holes: Hole[] }> {
  const { log, patienceMs } = props;
  for (let attempt = 1; ; attempt++) {
    try {
      const { config, state } = await describeStream(nc, stream, Date.now() + patienceMs);
      return await attemptStream(nc, stream, state.bytes, props).catch((error: unknown) => {
        if (isMemory(config) && errorNumber(error) === SNAPSHOT_FAILED) return { holes: [memoryHole(stream)] };
        throw error;
      });
    } catch (error) {
      // A server that has just started may not know a stream yet: only the cluster's own list says that it is gone.
      const unknown = errorNumber(error) === STREAM_NOT_FOUND;
      if (unknown && !(await names(nc, "STREAM.NAMES", Date.now() + patienceMs)).includes(stream)) return { holes: [] };
      if (attempt === ATTEMPTS || !isOfServers(error)) throw error;
      log.warn({ stream, attempt, error: String(error) }, "the snapshot failed and is taken again");
      // A leader that was just elected, or a snapshot of another client that is under way.
      await new Promise((resolve) => setTimeout(resolve, 1000 * attempt));
    }
  }
}

/** Targets retry by themselves: when they give up, another snapshot does not help. */
const isOfServers = (error: unknown) =>
  error instanceof ApiRefusal ||
  isOfNats(error) ||
  error instanceof NotInTime ||
  error instanceof SnapshotBroken ||
  error instanceof SnapshotIncomplete;

async function attemptStream(
  nc: NatsConnection,
  stream: string,
  bytes: number,
  { place, key, log, patienceMs }: StreamProps,
) {
  const holes: Hole[] = [];
  const described: ConsumerDescription[] = [];
  for (const name of await names(nc, `CONSUMER.NAMES.${stream}`, Date.now() + patienceMs)) {
    try {
      const consumer = await unlessMissing(CONSUMER_NOT_FOUND, () =>
        describeConsumer(nc, stream, name, Date.now() + patienceMs),
      );
      if (consumer) described.push(consumer);
    } catch (error) {
      // Its only server is away: the rest of the stream is worth a backup.
      holes.push({ kind: "consumer-unread", stream, consumer: name, what: String(error) });
    }
  }
  // Since 2.15 one consumer that nobody answers for fails the whole snapshot.
  const isUnread = holes.length > 0 && writesArchives(nc.info?.version);
  const timeoutMs = patienceMs + bytes / CHECKED_BYTES_PER_MS;
  const snapshot = await takeSnapshot(nc, stream, { timeoutMs, consumers: !isUnread });
  const { data, files } = await storeAndRead(snapshot.chunks, (chunks) => storeData(place, stream, chunks, key));
  const { first_seq: first, last_seq: last } = snapshot.state;
  const content = await digestContent(nc, stream, { first, last }, patienceMs);
  const { consumers, holes: left } = consumersOf(stream, described, files.consumers);
  holes.push(...left);
  log.info({ stream, messages: snapshot.state.messages, bytes: data.bytes, consumers: consumers.length }, "backed up");
  const backup: StreamBackup = {
    name: stream,
    config: snapshot.config,
    state: { ...snapshot.state },
    data,
    content,
    consumers,
  };
  return { backup, holes };
}

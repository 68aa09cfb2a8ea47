import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "pino";
import { errorMessage } from "../common/error-message";
import { describeStream, names, type StreamState } from "./api";
import { folderOf, type Scope } from "./catalog";
import type { BackupKey } from "./keys";
import type { Manifest } from "./manifest";
import { type RestoredConsumer, restoreConsumers } from "./restore-consumers";
import { planRestore, type RestoreRequest, type RestoreStep } from "./restore-plan";
import { RestoreFailed, restoreStream } from "./restore-stream";
import { checkData, readData } from "./stored-data";
import type { Target } from "./target";
import { type Verdict, verifyStream } from "./verify";

export interface RestoreProps extends Pick<RestoreRequest, "streams" | "replace" | "from"> {
  readonly target: Target;
  readonly manifest: Manifest;
  readonly into: Scope;
  readonly keys: readonly BackupKey[];
  readonly log: Logger;
  /**
   * Deletes a stream that may be replaced: the backup user may not. Without it, every stream that exists is refused.
   */
  readonly remove?: (stream: string) => Promise<void>;
  /** @default 30000 */
  readonly patienceMs?: number;
}

export interface RestoredStream {
  readonly verdict: Verdict;
  readonly consumers: readonly RestoredConsumer[];
}

/** The plan holds refusals. Nothing was restored. */
export class RestoreRefused extends Error {
  override readonly name = "RestoreRefused";
}

const PATIENCE_MS = 30_000;

/**
 * Looks for what a restore left that did not come to its end: servers remove it, but not when their leader is gone. It was
 * not there before, so it goes where nothing has been written to it since.
 *
 * @returns what to add to the error
 */
async function leftovers(nc: NatsConnection, stream: string, remove: RestoreProps["remove"]): Promise<string> {
  const byHand = `before the next restore look at it and remove it (nats stream rm ${stream})`;
  try {
    const there = await names(nc, "STREAM.NAMES", Date.now() + LEFTOVER_MS);
    if (!there.includes(stream)) return "";
    const { state } = await describeStream(nc, stream, Date.now() + LEFTOVER_MS);
    if (state.messages > 0) return `; a stream of that name is left with ${state.messages} messages: ${byHand}`;
    if (!remove) return `; an empty stream of that name is left: ${byHand}`;
    await remove(stream);
    return "; the empty stream that was left of it is removed";
  } catch (error) {
    return `; a stream of that name may be left (${errorMessage(error)}): ${byHand}`;
  }
}

/** A new leader may have to be elected first. */
const LEFTOVER_MS = 30_000;

/**
 * Plans a restore. Only reads, but reads everything: the data of every stream is compared with the manifest first.
 *
 * @throws DataError, NoSuchObject, CipherError for damaged data
 */
export async function previewRestore(nc: NatsConnection, props: RestoreProps): Promise<RestoreStep[]> {
  const { manifest, target, keys, remove, patienceMs = PATIENCE_MS } = props;
  const existing = await names(nc, "STREAM.NAMES", Date.now() + patienceMs);
  const replace = remove ? props.replace : [];
  const states = new Map<string, StreamState>();
  for (const { name } of manifest.streams.filter(({ name }) => existing.includes(name)))
    states.set(name, (await describeStream(nc, name, Date.now() + patienceMs)).state);
  const steps = planRestore({
    ...props,
    existing,
    states,
    replace,
    natsCluster: nc.info?.cluster,
    serverVersion: nc.info?.version,
  });
  const place = { target, folder: `${folderOf(manifest)}/${manifest.id}` };
  for (const backup of manifest.streams) {
    const { kind } = steps.find(({ stream }) => stream === backup.name) ?? {};
    if (kind !== "restore" && kind !== "replace") continue;
    await checkData(place, backup);
    // Authenticates every frame; the checksum alone does not prove who wrote it.
    if (manifest.keyId !== undefined) for await (const _ of readData(place, backup, keys, true));
  }
  return steps;
}

/**
 * Does what {@link previewRestore} showed and reads every stream back. Stops at the first that fails: what was restored
 * stays.
 *
 * @throws RestoreRefused before anything is changed; ApiRefusal, RestoreFailed
 */
export async function restore(
  nc: NatsConnection,
  steps: readonly RestoreStep[],
  props: RestoreProps,
): Promise<RestoredStream[]> {
  const { manifest, target, keys, log, remove, patienceMs = PATIENCE_MS } = props;
  const refused = steps.filter(({ kind }) => kind === "refused");
  if (refused.length > 0)
    throw new RestoreRefused(refused.map(({ stream, reason }) => `${stream}: ${reason}`).join("; "));
  const place = { target, folder: `${folderOf(manifest)}/${manifest.id}` };
  const restored: RestoredStream[] = [];
  for (const { stream, kind } of steps) {
    const backup = manifest.streams.find(({ name }) => name === stream);
    if (!backup) continue;
    if (kind === "replace") await remove?.(stream);
    const data = readData(place, backup, keys, manifest.keyId !== undefined);
    const waiting = (why: string) => log.info({ stream, why }, "waiting for servers");
    const { config, state } = backup;
    const deadline = Date.now() + patienceMs;
    await restoreStream(nc, { config, state, data, deadline, waiting }).catch(async (error: unknown) => {
      const left = await leftovers(nc, stream, remove);
      throw new RestoreFailed(`${stream} was not restored: ${errorMessage(error)}${left}`, { cause: error });
    });
    await describeStream(nc, stream, Date.now() + patienceMs);
    const consumers = await restoreConsumers(nc, backup, patienceMs);
    const verdict = await verifyStream(nc, backup, patienceMs);
    log.info({ ...verdict, consumers }, "restored");
    restored.push({ verdict, consumers });
  }
  return restored;
}

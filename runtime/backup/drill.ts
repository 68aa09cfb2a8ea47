import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "pino";
import { apiRequest, describeStream, type Json } from "./api";
import { folderOf } from "./catalog";
import type { BackupKey } from "./keys";
import type { Manifest, StreamBackup } from "./manifest";
import { restoreConsumers } from "./restore-consumers";
import { restoreStream } from "./restore-stream";
import { unreadable } from "./snapshot-format";
import { checkData, readData } from "./stored-data";
import type { Target } from "./target";
import { type Verdict, verifyStream } from "./verify";

export interface DrillProps {
  readonly target: Target;
  readonly manifest: Manifest;
  readonly keys: readonly BackupKey[];
  readonly log: Logger;
  /** @default 30000 */
  readonly patienceMs?: number;
}

/**
 * Removes the settings that keep a stream from being restored elsewhere as it was, or would change it there: other
 * servers, other tags, origins to copy from, an age that goes on counting since the backup was taken, and room that is
 * reserved for messages that never come.
 */
function drillConfig({ name, ...config }: StreamBackup["config"]): StreamBackup["config"] {
  const { placement: _, mirror: __, sources: ___, republish: ____, ...rest } = config as Record<string, unknown>;
  return { ...rest, name, num_replicas: 1, max_age: 0, max_bytes: -1 };
}

/** The same for a consumer that is recreated. */
const drillConsumerConfig = ({ num_replicas: _, ...config }: Json): Json => config;

/**
 * Restores a backup into an empty JetStream and reads every message back: the proof that it can be restored.
 *
 * It is not done beside the originals: nats-server before 2.15 restores a stream under its own name only. Each stream is
 * deleted again where the connection may do so.
 */
export async function drill(nc: NatsConnection, props: DrillProps): Promise<Verdict[]> {
  const { manifest, log } = props;
  const reason = unreadable(manifest, nc.info?.version);
  if (reason !== undefined)
    return manifest.streams.map(({ name }) => ({ stream: name, result: "different", what: reason }));
  const verdicts: Verdict[] = [];
  for (const backup of manifest.streams) {
    const verdict = await drillStream(nc, backup, props).catch(
      (error: unknown): Verdict => ({ stream: backup.name, result: "different", what: String(error) }),
    );
    log[verdict.result === "same" ? "info" : "error"](verdict, "drilled");
    verdicts.push(verdict);
  }
  return verdicts;
}

async function drillStream(nc: NatsConnection, backup: StreamBackup, props: DrillProps): Promise<Verdict> {
  const { target, manifest, keys, patienceMs = 30_000 } = props;
  const place = { target, folder: `${folderOf(manifest)}/${manifest.id}` };
  await checkData(place, backup);
  const data = readData(place, backup, keys, manifest.keyId !== undefined);
  const deadline = Date.now() + patienceMs;
  await restoreStream(nc, { config: drillConfig(backup.config), state: backup.state, data, deadline });
  try {
    await describeStream(nc, backup.name, Date.now() + patienceMs);
    const consumers = await restoreConsumers(nc, backup, patienceMs, drillConsumerConfig);
    const lost = backup.consumers.filter(
      ({ name, inSnapshot }) => inSnapshot && consumers.find((one) => one.name === name)?.how !== "snapshot",
    );
    if (lost.length > 0)
      return {
        stream: backup.name,
        result: "different",
        what: `it came without ${lost.map(({ name }) => name).join(", ")}`,
      };
    return await verifyStream(nc, backup, patienceMs);
  } finally {
    await apiRequest(nc, `STREAM.DELETE.${backup.name}`).catch(() => undefined);
  }
}

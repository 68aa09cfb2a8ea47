import type { NatsConnection } from "@nats-io/transport-node";
import { until } from "../client/retry";
import { apiRequest, type Json, names } from "./api";
import type { ConsumerBackup, StreamBackup } from "./manifest";

/** A consumer after the restore. */
export interface RestoredConsumer {
  readonly name: string;
  /** `snapshot`: as it was. `recreated`: created again, at its acknowledgement floor. */
  readonly how: "snapshot" | "recreated";
  /** Difference from the original. */
  readonly remark?: string;
}

/** Consumers of a snapshot appear a moment after the stream, once the cluster has assigned them. */
const ASSIGNED_WITHIN_MS = 10_000;

/**
 * Creates the consumers that the snapshot left out, and waits for those that it holds.
 *
 * @param change applied to each configuration, for a target that differs from the origin
 */
export async function restoreConsumers(
  nc: NatsConnection,
  { name: stream, consumers }: StreamBackup,
  patienceMs: number,
  change: (config: Json) => Json = (config) => config,
): Promise<RestoredConsumer[]> {
  const expected = consumers.filter(({ inSnapshot }) => inSnapshot).map(({ name }) => name);
  const deadline = Date.now() + patienceMs;
  let found: string[] = [];
  for (const patience = Date.now() + ASSIGNED_WITHIN_MS; ; ) {
    found = await names(nc, `CONSUMER.NAMES.${stream}`, deadline);
    if (expected.every((name) => found.includes(name)) || Date.now() >= patience) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const restored: RestoredConsumer[] = [];
  for (const consumer of consumers) {
    if (found.includes(consumer.name)) restored.push({ name: consumer.name, how: "snapshot" });
    else restored.push(await recreate(nc, stream, consumer, deadline, change));
  }
  return restored;
}

async function recreate(
  nc: NatsConnection,
  stream: string,
  { name, config, ackFloor }: ConsumerBackup,
  deadline: number,
  change: (config: Json) => Json,
): Promise<RestoredConsumer> {
  const next = ackFloor.stream_seq + 1;
  const { config: desired, reset, remark } = atFloor(config, next);
  await until(`making ${stream}/${name}`, deadline, () =>
    apiRequest(nc, `CONSUMER.CREATE.${stream}.${name}`, {
      stream_name: stream,
      config: change({ ...desired, name }),
      action: "create",
    }),
  );
  if (reset)
    await until(`moving ${stream}/${name}`, deadline, () =>
      apiRequest(nc, `CONSUMER.RESET.${stream}.${name}`, { seq: next }),
    );
  return { name, how: "recreated", ...(remark !== undefined && { remark }) };
}

/**
 * Configuration of a consumer whose first message is to be `next`; with `reset`, the consumer is moved there
 * afterwards.
 */
function atFloor(config: Json, next: number): { config: Json; reset: boolean; remark?: string } {
  if (next === 1) return { config, reset: false };
  // nats-server can move consumers of these policies to a sequence.
  if (config.deliver_policy === "all" || config.deliver_policy === undefined) return { config, reset: true };
  const { opt_start_time: _, ...rest } = config;
  return {
    config: { ...rest, deliver_policy: "by_start_sequence", opt_start_seq: next },
    reset: false,
    ...(config.deliver_policy !== "by_start_sequence" && {
      remark: `its deliver policy was ${config.deliver_policy} and is by_start_sequence now, so that no message is skipped`,
    }),
  };
}

import type { ConsumerDescription, Json } from "./api";
import type { ConsumerBackup, Hole } from "./manifest";
import type { SnapshotConsumer } from "./snapshot-content";

/** nats-server before 2.15 takes no snapshot of it. */
export const isMemory = ({ storage }: Json): boolean => storage === "memory";

export const memoryHole = (stream: string): Hole => ({
  kind: "memory-stream",
  stream,
  what: "nats-server before 2.15 takes no snapshot of a memory stream: none of its messages is in the backup",
});

/**
 * The consumers of a stream as they are stored beside its snapshot, and those that the snapshot does not hold as they
 * were.
 *
 * Before 2.15 a server itself writes the consumers on its disk. One with fewer replicas than its stream may live
 * elsewhere, and one in memory is never written (nats-server#7829). Since then a cluster writes all of them, but sets
 * each that waits for acknowledgements back to its floor.
 */
export function consumersOf(
  stream: string,
  described: readonly ConsumerDescription[],
  written: readonly SnapshotConsumer[],
): { consumers: ConsumerBackup[]; holes: Hole[] } {
  const consumers = described.map(({ name, config, delivered, ack_floor }) => ({
    name,
    config: { ...config },
    delivered: { ...delivered },
    ackFloor: { ...ack_floor },
    inSnapshot: written.some((consumer) => consumer.name === name),
  }));
  const again =
    "after a restore it continues behind its acknowledgement floor, and messages that were acknowledged above it are delivered again";
  const holes = consumers.flatMap(({ name: consumer, inSnapshot, delivered }): Hole[] => {
    if (!inSnapshot)
      return [{ kind: "consumer-left-out", stream, consumer, what: `it is not in the snapshot: ${again}` }];
    const found = written.find(({ name }) => name === consumer);
    // What was described is older: everything may have been acknowledged since, and then nothing was set back.
    const isSetBack = found?.delivered && found.delivered.stream_seq < delivered.stream_seq;
    return isSetBack
      ? [{ kind: "consumer-set-back", stream, consumer, what: `it waited for acknowledgements: ${again}` }]
      : [];
  });
  return { consumers, holes };
}

import type { ConsumerDescription, Json } from "./api";
import type { ConsumerBackup, Hole } from "./manifest";

/** nats-server takes no snapshot of it. */
export const isMemory = ({ storage }: Json): boolean => storage === "memory";

export const memoryHole = (stream: string): Hole => ({
  kind: "memory-stream",
  stream,
  what: "nats-server takes no snapshot of a memory stream: none of its messages is in the backup",
});

/**
 * The consumers of a stream as they are stored beside its snapshot, and those that the snapshot left out.
 *
 * A server itself writes the consumers on its disk. One with fewer replicas than its stream may live elsewhere, and one
 * in memory is never written (nats-server#7829).
 */
export function consumersOf(
  stream: string,
  described: readonly ConsumerDescription[],
  inSnapshot: readonly string[],
): { consumers: ConsumerBackup[]; holes: Hole[] } {
  const consumers = described.map(({ name, config, delivered, ack_floor }) => ({
    name,
    config: { ...config },
    delivered: { ...delivered },
    ackFloor: { ...ack_floor },
    inSnapshot: inSnapshot.includes(name),
  }));
  const holes = consumers
    .filter((consumer) => !consumer.inSnapshot)
    .map(
      ({ name: consumer }): Hole => ({
        kind: "consumer-left-out",
        stream,
        consumer,
        what: "it is not in the snapshot: after a restore it continues behind its acknowledgement floor, and messages that were acknowledged above it are delivered again",
      }),
    );
  return { consumers, holes };
}

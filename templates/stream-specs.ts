import type { StreamTopology, Topology } from "../model/topology";
import type { StreamSpec } from "../runtime/streams/spec";

/** Streams of one account of one cluster, as the streams program takes them. There, 0 means no limit. */
export function toStreamSpecs(topology: Topology, cluster: string, account: string): StreamSpec[] {
  return topology.streams
    .filter((stream) => stream.cluster === cluster && stream.account === account)
    .map((stream) => ({
      name: stream.name,
      description: stream.description,
      subjects: stream.subjects,
      storage: stream.storage,
      replicas: stream.replicas,
      retention: stream.retention,
      maxAgeMs: stream.maxAgeMs ?? 0,
      maxBytes: stream.maxBytes ?? 0,
      maxMessages: stream.maxMessages ?? 0,
      maxMessagesPerSubject: stream.maxMessagesPerSubject ?? 0,
      maxMessageBytes: stream.maxMessageBytes ?? 0,
      discard: stream.discard,
      duplicateWindowMs: duplicateWindow(stream),
      placementTags: stream.placementTags,
      compression: stream.compression,
      allowRollup: stream.allowRollup,
      denyDelete: stream.denyDelete,
      denyPurge: stream.denyPurge,
      allowDirect: stream.allowDirect,
      metadata: {},
      consumers: stream.consumers.map(({ maxDeliver, maxAckPending, ...consumer }) => ({
        ...consumer,
        maxDeliver: Math.max(maxDeliver, 0),
        maxAckPending: Math.max(maxAckPending, 0),
        metadata: {},
      })),
    }));
}

/** The server takes no window longer than messages live. */
const duplicateWindow = ({ duplicateWindowMs, maxAgeMs }: StreamTopology) =>
  maxAgeMs === undefined ? duplicateWindowMs : Math.min(duplicateWindowMs, maxAgeMs);

import type { Environment } from "../config";
import { buildCluster } from "./cluster";
import { buildIdentity } from "./identity";
import type { StreamTopology, Topology } from "./model";

/** The chart writes these two into every configuration, so they are the same on every platform. */
const lameDuck = { graceMs: 10_000, durationMs: 30_000 };

/**
 * Builds the topology of a deployment, before any cloud is chosen. Pure: the same environment gives the same topology.
 */
export function buildTopology(env: Environment): Topology {
  const { nats } = env;
  return {
    environment: env.name,
    nats: {
      version: nats.version,
      maxPayloadBytes: nats.maxPayload,
      maxConnections: nats.maxConnections,
      writeDeadlineMs: nats.writeDeadline,
      lameDuck,
      metadata: nats.metadata,
      featureFlags: nats.featureFlags,
      proxyProtocol: nats.proxyProtocol,
    },
    identity: buildIdentity(env),
    clusters: Object.entries(env.clusters).map(([name, cluster]) => buildCluster(env, name, cluster)),
    streams: env.streams.map(buildStream),
  };
}

function buildStream(stream: Environment["streams"][number]): StreamTopology {
  const { maxAge, maxMessageSize, duplicateWindow, consumers, ...same } = stream;
  return {
    ...same,
    maxAgeMs: maxAge,
    maxMessageBytes: maxMessageSize,
    duplicateWindowMs: duplicateWindow,
    consumers: consumers.map(({ ackWait, ...consumer }) => ({ ...consumer, ackWaitMs: ackWait })),
  };
}

/** @throws when the topology has no such cluster; callers check names given by people first. */
export function clusterOf(topology: Topology, name: string) {
  const cluster = topology.clusters.find((candidate) => candidate.name === name);
  if (!cluster) throw new Error(`no cluster ${name} in ${topology.environment}`);
  return cluster;
}

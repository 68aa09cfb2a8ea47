import type { ConsumerSpec, StreamSpec } from "./spec";

/**
 * Settings of a stream, desired or found, in one comparable form: nothing is left out ("" or 0 stands for none) and
 * lists are sorted.
 *
 * Policies are plain strings, because a found stream may have one that a specification cannot name.
 */
export interface StreamSettings {
  readonly description: string;
  readonly subjects: readonly string[];
  readonly storage: string;
  readonly replicas: number;
  readonly retention: string;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly maxMessages: number;
  readonly maxMessagesPerSubject: number;
  readonly maxMessageBytes: number;
  readonly discard: string;
  readonly duplicateWindowMs: number;
  readonly placementTags: readonly string[];
  readonly placementCluster: string;
  readonly compression: string;
  readonly allowRollup: boolean;
  readonly denyDelete: boolean;
  readonly denyPurge: boolean;
  readonly allowDirect: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The same for a consumer. `replicas` 0: as many as the stream. Without acknowledgement, its two limits are 0. */
export interface ConsumerSettings {
  readonly description: string;
  readonly filterSubjects: readonly string[];
  readonly ackPolicy: string;
  readonly deliverPolicy: string;
  readonly replayPolicy: string;
  readonly maxDeliver: number;
  readonly ackWaitMs: number;
  readonly maxAckPending: number;
  readonly replicas: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** nats-server's own default. */
const DUPLICATE_WINDOW_MS = 120_000;

export function streamSettings(spec: StreamSpec): StreamSettings {
  const { name: _, consumers: __, ...rest } = spec;
  return {
    ...rest,
    description: spec.description ?? "",
    subjects: [...spec.subjects].sort(),
    duplicateWindowMs: spec.duplicateWindowMs ?? Math.min(DUPLICATE_WINDOW_MS, spec.maxAgeMs || DUPLICATE_WINDOW_MS),
    placementTags: [...spec.placementTags].sort(),
    placementCluster: spec.placementCluster ?? "",
  };
}

export function consumerSettings(spec: ConsumerSpec): ConsumerSettings {
  const { name: _, ...rest } = spec;
  const acknowledged = spec.ackPolicy !== "none";
  return {
    ...rest,
    description: spec.description ?? "",
    filterSubjects: [...spec.filterSubjects].sort(),
    ackWaitMs: acknowledged ? spec.ackWaitMs : 0,
    maxAckPending: acknowledged ? spec.maxAckPending : 0,
    replicas: spec.replicas ?? 0,
  };
}

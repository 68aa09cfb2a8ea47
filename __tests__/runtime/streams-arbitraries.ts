import fc from "fast-check";
import type { FoundStream } from "../../runtime/streams/found";
import {
  fromConsumerConfig,
  fromStreamConfig,
  toConsumerConfig,
  toStreamConfig,
} from "../../runtime/streams/server-config";
import { StreamSpec } from "../../runtime/streams/spec";
import { consumerSettings, streamSettings } from "../../runtime/streams/stream-settings";
import { subjectsCollide } from "../../runtime/streams/subjects";

export interface StreamArbitrary {
  readonly name: string;
  /** @default 5 */
  readonly maxReplicas?: number;
  /** Subjects to choose from; @default five below the name */
  readonly subjects?: readonly string[];
}

/** Any stream that the schema accepts, but for exotic texts: half of its fields are left to their defaults. */
export function streamSpec({ name, maxReplicas = 5, subjects }: StreamArbitrary): fc.Arbitrary<StreamSpec> {
  const pool = subjects ?? ["a", "b.*", "c.>", "d.e", "f"].map((tail) => `${name.toLowerCase()}.${tail}`);
  const limit = fc.constantFrom(0, 3, 1_000_000);
  const stream = fc.record(
    {
      description: fc.constantFrom("", "all orders"),
      storage: fc.constantFrom("file", "memory"),
      replicas: fc.integer({ min: 1, max: maxReplicas }),
      retention: fc.constantFrom("limits", "interest", "workqueue"),
      maxAgeMs: fc.constantFrom(0, 60_000, 86_400_000),
      maxBytes: limit,
      maxMessages: limit,
      maxMessagesPerSubject: limit,
      maxMessageBytes: limit,
      discard: fc.constantFrom("old", "new"),
      duplicateWindowMs: fc.constantFrom(1000, 60_000),
      compression: fc.constantFrom("none", "s2"),
      denyDelete: fc.boolean(),
      allowDirect: fc.boolean(),
      metadata: fc.constantFrom({}, { team: "shop" }),
    },
    { requiredKeys: [] },
  );
  const purging = fc.constantFrom({}, { allowRollup: true }, { denyPurge: true });
  return fc
    .tuple(
      stream,
      purging,
      fc.subarray([...pool], { minLength: 1 }).map(withoutOverlaps),
      fc.array(consumerChoice, { maxLength: 3 }),
    )
    .map(([fields, purge, own, consumers]) =>
      StreamSpec.parse({
        ...fields,
        ...purge,
        name,
        subjects: own,
        consumers: consumers
          .map((choice, i) => {
            const workqueue = fields.retention === "workqueue";
            const filters = workqueue ? own.slice(i, i + 1) : own.slice(0, choice.filters);
            const { filters: _, ...rest } = choice;
            return {
              ...rest,
              name: `worker-${i}`,
              filterSubjects: filters,
              ...(workqueue && { ackPolicy: "explicit", deliverPolicy: "all" }),
              ...(rest.deliverPolicy === "last_per_subject" && filters.length === 0 && { deliverPolicy: "last" }),
            };
          })
          .slice(0, fields.retention === "workqueue" ? own.length : 3),
      }),
    );
}

const withoutOverlaps = (subjects: string[]) =>
  subjects.filter((one, i) => !subjects.slice(0, i).some((earlier) => subjectsCollide(earlier, one)));

const consumerChoice = fc.record({
  filters: fc.integer({ min: 0, max: 3 }),
  ackPolicy: fc.constantFrom("explicit", "all", "none"),
  deliverPolicy: fc.constantFrom("all", "new", "last", "last_per_subject"),
  replayPolicy: fc.constantFrom("instant", "original"),
  maxDeliver: fc.constantFrom(0, 3),
  ackWaitMs: fc.constantFrom(1000, 30_000),
  maxAckPending: fc.constantFrom(0, 10, 1000),
  metadata: fc.constantFrom({}, { team: "shop" }),
});

/** The stream as it is found after its creation, through nats-server's own form, empty unless said otherwise. */
export function asFound(spec: StreamSpec, owner: string | undefined, content: Partial<FoundStream> = {}): FoundStream {
  const stamp = owner ?? "";
  return {
    name: spec.name,
    ...fromStreamConfig(toStreamConfig(spec.name, streamSettings(spec), stamp) as never),
    messages: 0,
    bytes: 0,
    oldestMs: 0,
    fullestSubject: 0,
    consumers: spec.consumers.map((consumer) => ({
      name: consumer.name,
      ...fromConsumerConfig(toConsumerConfig(consumer.name, consumerSettings(consumer), stamp) as never),
      owner,
    })),
    lostConsumers: [],
    owner,
    ...content,
  };
}

import { isDeepStrictEqual } from "node:util";
import { type Action, APPLIED, type Change, type ConsumerAction, isOneOf, type StreamAction } from "./action";
import { decide, type Permissions } from "./decide";
import type { FoundStream } from "./found";
import { CONSUMER_RULES, contentOf, LASTING_CONSUMER_FEATURES, LASTING_STREAM_FEATURES, STREAM_RULES } from "./rules";
import type { ConsumerSpec, StreamSpec } from "./spec";
import { consumerSettings, type StreamSettings, streamSettings } from "./stream-settings";

/** The steps for one stream and its consumers, in order. */
export function planStream(spec: StreamSpec, found: FoundStream | undefined, permissions: Permissions): Action[] {
  const stream = spec.name;
  const settings = streamSettings(spec);
  if (!found) {
    const created: Action = { kind: "create", stream, changes: allOf(settings), reason: "it is not there", settings };
    return [created, ...spec.consumers.map((consumer) => createConsumer(stream, consumer))];
  }
  const decision = decide(stream, found, settings, permissions, {
    field: (field) => STREAM_RULES[field](found, settings),
    lasting: LASTING_STREAM_FEATURES,
    everything: contentOf(found),
  });
  if (decision.kind === "recreate")
    return [{ stream, ...decision, settings }, ...spec.consumers.map((consumer) => createConsumer(stream, consumer))];

  const consumers = planConsumers(spec, settings, found, permissions);
  const removed = consumers.filter(({ kind }) => kind === "delete");
  const updated = consumers.filter(({ kind }) => kind === "update" || kind === "adopt");
  const others = consumers.filter((action) => !removed.includes(action) && !updated.includes(action));
  const steps = splitMove({ stream, ...decision, settings }, found.settings);
  // An interest stream has no consumer with fewer replicas: they have to grow before the retention changes.
  const consumersFirst = settings.retention === "interest" && found.settings.retention !== "interest";
  return [...removed, ...(consumersFirst ? [...updated, ...steps] : [...steps, ...updated]), ...others];
}

function planConsumers(
  spec: StreamSpec,
  desiredStream: StreamSettings,
  stream: FoundStream,
  permissions: Permissions,
): ConsumerAction[] {
  const desired = new Set(spec.consumers.map(({ name }) => name));
  const position = (name: string) =>
    `the position of ${name}${stream.settings.retention === "interest" ? " and messages that only it has to acknowledge" : ""}`;

  const orphans = stream.consumers.filter(({ owner, name }) => owner === permissions.owner && !desired.has(name));
  return [
    ...orphans.map(({ name }): ConsumerAction => {
      const loss = position(name);
      const consumer = { stream: stream.name, consumer: name, changes: [], loss };
      return permissions.allowDataLoss.has(`${stream.name}/${name}`)
        ? { ...consumer, kind: "delete", reason: "it is no longer in the configuration" }
        : { ...consumer, kind: "orphan", reason: notDesired(`${stream.name}/${name}`) };
    }),
    ...spec.consumers.map((consumer): ConsumerAction => {
      if (stream.lostConsumers.includes(consumer.name)) return restoreConsumer(stream.name, consumer, permissions);
      const found = stream.consumers.find(({ name }) => name === consumer.name);
      if (!found) return createConsumer(stream.name, consumer);
      const settings = consumerSettings(consumer);
      const decision = decide(`${stream.name}/${consumer.name}`, found, settings, permissions, {
        field: (field) => CONSUMER_RULES[field]({ found, desired: settings, stream, desiredStream }),
        lasting: LASTING_CONSUMER_FEATURES,
        everything: position(consumer.name),
      });
      return { stream: stream.name, consumer: consumer.name, ...decision, settings };
    }),
  ];
}

/** Splits a step that moves and scales, which nats-server refuses in one update. The move comes with fewer replicas. */
function splitMove(action: StreamAction, before: StreamSettings): StreamAction[] {
  const { settings, kind } = action;
  if (!settings || !isOneOf(APPLIED, kind)) return [action];
  const placed = settings.placementTags.length > 0 || settings.placementCluster !== "";
  const moved =
    settings.placementCluster !== before.placementCluster ||
    !isDeepStrictEqual(settings.placementTags, before.placementTags);
  if (!placed || !moved || settings.replicas === before.replicas) return [action];

  const grows = settings.replicas > before.replicas;
  const { placementTags, placementCluster } = before;
  const first: StreamSettings = grows
    ? { ...settings, replicas: before.replicas }
    : { ...settings, placementTags, placementCluster };
  const later = new Set(grows ? ["replicas"] : ["placementTags", "placementCluster"]);
  return [
    { ...action, settings: first, changes: action.changes.filter(({ field }) => !later.has(field)) },
    {
      ...action,
      kind: "update",
      loss: undefined,
      changes: action.changes.filter(({ field }) => later.has(field)),
      reason: "nats-server does not move and scale a stream in one step",
    },
  ];
}

function createConsumer(stream: string, spec: ConsumerSpec): ConsumerAction {
  const settings = consumerSettings(spec);
  return {
    kind: "create",
    stream,
    consumer: spec.name,
    changes: allOf(settings),
    reason: "it is not there",
    settings,
  };
}

function restoreConsumer(stream: string, spec: ConsumerSpec, { allowRecreate }: Permissions): ConsumerAction {
  const { kind: _, reason: __, ...desired } = createConsumer(stream, spec);
  const name = `${stream}/${spec.name}`;
  const reason = "the cluster lists it, but no server has it";
  return allowRecreate.has(name)
    ? { ...desired, kind: "recreate", reason }
    : { ...desired, kind: "recreate-refused", reason: `${reason}. Recreate it with --allow-recreate ${name}` };
}

const allOf = (settings: object): Change[] =>
  Object.entries(settings)
    .filter(([, to]) => to !== "" && to !== 0 && to !== false && (typeof to !== "object" || Object.keys(to).length > 0))
    .map(([field, to]) => ({ field, to }));

/** Reason why an orphan is left alone. */
export const notDesired = (name: string) =>
  `it is stamped as ours and no longer in the configuration; --allow-data-loss ${name} deletes it`;

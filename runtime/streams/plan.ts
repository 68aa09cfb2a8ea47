import type { Action, StreamAction } from "./action";
import type { Permissions } from "./decide";
import type { FoundStream } from "./found";
import { orderBySubjects, overlaps, type SubjectOwnership } from "./order";
import { notDesired, planStream } from "./plan-stream";
import { contentOf } from "./rules";
import type { StreamSpec } from "./spec";

export interface PlanProps {
  readonly desired: readonly StreamSpec[];
  readonly found: readonly FoundStream[];
  /** The environment. Only what is stamped with it is ever deleted. */
  readonly owner: string;
  /** Names of what may lose messages, or be deleted as an orphan: `ORDERS`, or `ORDERS/worker` for a consumer alone. */
  readonly allowDataLoss?: readonly string[];
  /** Names, as above, of what may be deleted and recreated where a change is impossible otherwise. */
  readonly allowRecreate?: readonly string[];
}

/**
 * Steps from the streams that were found to the desired ones, in the order in which they have to be done.
 *
 * Pure. Everything desired has at least one action, and so has every orphan; foreign streams are never touched or
 * named, unless one has a desired name (`adopt`) or prevents a desired one (`conflict`).
 */
export function planStreams({ allowDataLoss = [], allowRecreate = [], ...props }: PlanProps): Action[] {
  const permissions = {
    owner: props.owner,
    allowDataLoss: new Set(allowDataLoss),
    allowRecreate: new Set(allowRecreate),
  };
  const { desired, found, owner } = props;
  const byName = new Map(desired.map((spec) => [spec.name, spec]));
  const existing = new Map(found.map((stream) => [stream.name, stream]));

  const actions = new Map<string, Action[]>();
  for (const spec of byName.values()) actions.set(spec.name, planStream(spec, existing.get(spec.name), permissions));
  for (const stream of found)
    if (stream.owner === owner && !byName.has(stream.name)) actions.set(stream.name, [orphan(stream, permissions)]);

  const ownerships = [...new Set([...byName.keys(), ...existing.keys()])].map((name): SubjectOwnership => {
    const before = existing.get(name)?.settings.subjects;
    const deleted = actions.get(name)?.[0]?.kind === "delete";
    return { name, before, after: byName.get(name)?.subjects ?? (deleted ? undefined : before) };
  });
  const conflicts = [...twice(desired), ...collisions(ownerships, byName)];
  const { ordered, stuck } = orderBySubjects(ownerships);
  if (conflicts.length === 0) conflicts.push(...stuck.map(exchange));
  return [...conflicts, ...[...ordered, ...stuck].flatMap((name) => actions.get(name) ?? [])];
}

function orphan(stream: FoundStream, { allowDataLoss }: Permissions): StreamAction {
  const { name } = stream;
  const loss = contentOf(stream);
  return allowDataLoss.has(name)
    ? { kind: "delete", stream: name, changes: [], loss, reason: "it is no longer in the configuration" }
    : { kind: "orphan", stream: name, changes: [], loss, reason: notDesired(name) };
}

function twice(desired: readonly StreamSpec[]): StreamAction[] {
  const names = desired.map(({ name }) => name);
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map((stream) => ({
    kind: "conflict",
    stream,
    changes: [],
    reason: "it is in the configuration twice",
  }));
}

/** Overlaps that involve something desired; those among foreign streams cannot be, nats-server refuses them. */
function collisions(ownerships: readonly SubjectOwnership[], desired: ReadonlyMap<string, StreamSpec>): StreamAction[] {
  return overlaps(ownerships).flatMap(({ stream, other, subjects: [mine, theirs] }) =>
    desired.has(stream) || desired.has(other)
      ? [
          {
            kind: "conflict",
            stream,
            changes: [],
            reason: `its subject ${mine} overlaps ${theirs} of ${other}: an account stores a message in one stream only`,
          },
        ]
      : [],
  );
}

const exchange = (stream: string): StreamAction => ({
  kind: "conflict",
  stream,
  changes: [],
  reason: "it exchanges subjects with another stream; apply without those subjects first",
});

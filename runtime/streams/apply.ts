import { isDeepStrictEqual } from "node:util";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  CONSUMER_NOT_FOUND,
  errorNumber,
  NotInTime,
  NotYet,
  notYetWhenMissing,
  STREAM_NOT_FOUND,
  until,
} from "../client/retry";
import { errorMessage } from "../common/error-message";
import { type Action, APPLIED, isOneOf, refusals } from "./action";
import { attempt } from "./attempt";
import { LOST_AFTER_MS, manager } from "./find";
import { type Replicated, untilReplicated } from "./replicas";
import { fromConsumerConfig, fromStreamConfig } from "./server-config";

export interface ApplyProps {
  readonly plan: readonly Action[];
  /** The environment, as it was given to the plan. */
  readonly owner: string;
  /** Milliseconds since the epoch, for everything together. */
  readonly deadline: number;
  readonly progress?: (progress: Progress) => void;
}

/** `waiting` is called again and again, with the reason. */
export interface Progress {
  readonly action: Action;
  readonly step: "started" | "waiting" | "done";
  readonly why?: string;
}

export interface Applied {
  /** Actions that changed something. */
  readonly changed: number;
  /** Milliseconds since the epoch; what durable.ts counts from. */
  readonly finishedAt: number;
  readonly clustered: boolean;
}

/** The plan holds refusals. Nothing was applied. */
export class PlanRefused extends Error {
  override readonly name = "PlanRefused";
  constructor(readonly refused: readonly Action[]) {
    super(`nothing was applied: ${refused.map((action) => `${label(action)}: ${action.reason}`).join("; ")}`);
  }
}

/** A step that nats-server refused although the plan expected it: the servers have changed since. Plan again. */
export class ApplyFailed extends Error {
  override readonly name = "ApplyFailed";
  constructor(
    readonly action: Action,
    cause: unknown,
  ) {
    super(`${action.kind} ${label(action)}: ${errorMessage(cause)}`, { cause });
  }
}

/**
 * Applies the plan and returns once everything desired is there with all its replicas up to date.
 *
 * Every step can be repeated, so it is safe to run again after any failure, and while servers are away it waits for
 * them. Streams that needed no change are waited for, too: success means the same however often it is run.
 *
 * @throws PlanRefused before anything is changed; NotInTime; ApplyFailed
 */
export async function applyPlan(nc: NatsConnection, { plan, owner, deadline, progress }: ApplyProps): Promise<Applied> {
  const clustered = Boolean(nc.info?.cluster);
  const refused = [...refusals(plan), ...(clustered ? [] : plan.flatMap(needsCluster))];
  if (refused.length > 0) throw new PlanRefused(refused);

  const jsm = await manager(nc);
  let changed = 0;
  for (const action of plan) {
    const report = (step: Progress["step"], why?: string) => progress?.({ action, step, why });
    const waiting = (why: string) => report("waiting", why);
    try {
      report("started");
      if (isOneOf(APPLIED, action.kind)) {
        await settled(jsm, action, deadline, waiting);
        await until(label(action), deadline, attempt(jsm, action, owner), waiting);
        changed++;
      }
      await ready(jsm, action, deadline, waiting);
      report("done");
    } catch (error) {
      throw error instanceof NotInTime ? error : new ApplyFailed(action, error);
    }
  }
  return { changed, finishedAt: Date.now(), clustered };
}

/** A single server creates no R3 stream, but accepts an update to R3 and holds one replica. */
function needsCluster(action: Action): Action[] {
  const { stream, settings } = action;
  if (!settings || settings.replicas <= 1) return [];
  const reason = `it needs ${settings.replicas} replicas, but the server is not clustered`;
  return [{ kind: "conflict", stream, changes: action.changes, reason }];
}

/**
 * Waits until an existing consumer has all its replicas. For a moment after its stream got fewer or other replicas, its
 * group is still being moved, and a change of it then is lost or undone.
 */
async function settled(
  jsm: JetStreamManager,
  { kind, stream, consumer }: Action,
  deadline: number,
  waiting: (why: string) => void,
): Promise<void> {
  if (consumer === undefined || kind === "create") return;
  const patience = Math.min(deadline, Date.now() + LOST_AFTER_MS);
  try {
    await untilReplicated(`${stream}/${consumer}`, patience, () => consumerGroup(jsm, stream, consumer), waiting);
  } catch (error) {
    // It is lost, or an earlier run was killed between its deletion and its creation.
    if (!(error instanceof NotInTime) && errorNumber(error) !== CONSUMER_NOT_FOUND) throw error;
  }
}

/**
 * Waits until the result of the action has the desired settings, with all replicas.
 *
 * The answers to requests are not enough: they come before every server has acted.
 */
async function ready(
  jsm: JetStreamManager,
  { kind, stream, consumer, settings }: Action,
  deadline: number,
  waiting: (why: string) => void,
): Promise<void> {
  if (!settings || kind === "delete") return;
  const read = async () => {
    const found: Group = await notYetWhenMissing([STREAM_NOT_FOUND, CONSUMER_NOT_FOUND], () =>
      consumer === undefined ? streamGroup(jsm, stream) : consumerGroup(jsm, stream, consumer),
    );
    if (!isDeepStrictEqual(found.settings, settings)) throw new NotYet("it does not have the desired settings yet");
    return found;
  };
  await untilReplicated(label({ stream, consumer }), deadline, read, waiting);
}

interface Group extends Replicated {
  readonly settings: object;
}

async function streamGroup(jsm: JetStreamManager, stream: string): Promise<Group> {
  const { config, cluster } = await jsm.streams.info(stream);
  const { settings } = fromStreamConfig(config);
  return { settings, cluster, expected: settings.replicas };
}

async function consumerGroup(jsm: JetStreamManager, stream: string, consumer: string): Promise<Group> {
  const [of, { config, cluster }] = await notYetWhenMissing([STREAM_NOT_FOUND], () =>
    Promise.all([streamGroup(jsm, stream), jsm.consumers.info(stream, consumer)]),
  );
  const { settings } = fromConsumerConfig(config);
  return { settings, cluster, expected: settings.replicas || of.expected };
}

const label = ({ stream, consumer }: Pick<Action, "stream" | "consumer">) =>
  consumer === undefined ? stream : `${stream}/${consumer}`;

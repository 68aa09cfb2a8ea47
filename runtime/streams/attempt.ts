import { isDeepStrictEqual } from "node:util";
import type { ConsumerConfig, JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import {
  CONSUMER_EXISTS,
  CONSUMER_NOT_FOUND,
  errorNumber,
  NotYet,
  notYetWhenMissing,
  STREAM_EXISTS,
  STREAM_NOT_FOUND,
  unlessMissing,
} from "../client/retry";
import type { Action, ConsumerAction, StreamAction } from "./action";
import { fromConsumerConfig, fromStreamConfig, type Known, toConsumerConfig, toStreamConfig } from "./server-config";

/** Performs one action. Repeated until it succeeds, it has the same effect as once. */
export type Attempt = () => Promise<unknown>;

/** Attempt at one action that changes something. */
export function attempt(jsm: JetStreamManager, action: Action, owner: string): Attempt {
  const request = action.consumer === undefined ? ofStream(jsm, action, owner) : ofConsumer(jsm, action, owner);
  return () => notYetWhenMissing([STREAM_NOT_FOUND, CONSUMER_NOT_FOUND], request);
}

function ofStream(jsm: JetStreamManager, { kind, stream, settings }: StreamAction, owner: string): Attempt {
  const remove = () => unlessMissing(STREAM_NOT_FOUND, () => jsm.streams.delete(stream));
  if (kind === "delete") return remove;
  if (!settings) throw new Error("nothing to set");
  const config = () => toStreamConfig(stream, settings, owner);
  const add = () => jsm.streams.add(config());
  const read = () =>
    unlessMissing(STREAM_NOT_FOUND, async () => fromStreamConfig((await jsm.streams.info(stream)).config));
  if (kind === "create") return add;
  if (kind === "recreate") return () => replace(settings, { read, remove, add });
  return () => jsm.streams.update(stream, config() as StreamConfig);
}

function ofConsumer(jsm: JetStreamManager, action: ConsumerAction, owner: string): Attempt {
  const { kind, stream, consumer, settings } = action;
  const remove = () => unlessMissing(CONSUMER_NOT_FOUND, () => jsm.consumers.delete(stream, consumer));
  if (kind === "delete") return remove;
  if (!settings) throw new Error("nothing to set");
  const config = () => toConsumerConfig(consumer, settings, owner) as ConsumerConfig;
  const add = () => jsm.consumers.add(stream, config());
  const read = () =>
    unlessMissing(CONSUMER_NOT_FOUND, async () => {
      const info = await unlessMissing(STREAM_NOT_FOUND, () => jsm.consumers.info(stream, consumer));
      return info ? fromConsumerConfig(info.config) : LOST;
    });
  if (kind === "create") return add;
  if (kind === "recreate") return () => replace(settings, { read, remove, add });
  return () => jsm.consumers.update(stream, consumer, config());
}

/** A consumer that the cluster lists and no server has: it differs from every desired one. */
const LOST: Known<object> = { settings: {}, features: {} };

interface Replaceable {
  readonly read: () => Promise<Known<object> | undefined>;
  readonly remove: Attempt;
  readonly add: Attempt;
}

/**
 * Deletes the old one and makes the new one, judging by what exists and never by what was done before: answers get
 * lost.
 *
 * An existing one that cannot be read is deleted again. nats-server 2.14.5 keeps such a ghost, for good, of a consumer
 * that is deleted while its group still shrinks with its stream.
 */
async function replace(settings: object, { read, remove, add }: Replaceable): Promise<void> {
  const existing = await read();
  if (existing && isDeepStrictEqual(existing.settings, settings) && Object.keys(existing.features).length === 0) return;
  try {
    if (!existing) return void (await add());
  } catch (error) {
    if (![STREAM_EXISTS, CONSUMER_EXISTS].includes(errorNumber(error) ?? 0)) throw error;
  }
  await remove();
  throw new NotYet("the old one is being deleted");
}

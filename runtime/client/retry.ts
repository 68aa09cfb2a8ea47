import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../common/error-message";
import { apiErrorOf, type Failure, failureOf } from "./nats-errors";

/** A deadline passed while servers were not ready; `cause` is the error of the last attempt. */
export class NotInTime extends Error {
  override readonly name = "NotInTime";
  constructor(what: string, cause: unknown) {
    super(`not in time: ${what} (${errorMessage(cause)})`, { cause });
  }
}

/** Thrown by an attempt that found its condition not met yet. */
export class NotYet extends Error {
  override readonly name = "NotYet";
}

const PAUSE_MS = 100;

/**
 * Repeats `attempt` until it succeeds, fails for good, or the deadline passes. It must be safe to repeat.
 *
 * @param deadline milliseconds since the epoch
 * @param waiting called after every attempt that will be repeated
 * @throws NotInTime after the deadline; anything that {@link isTransient} does not know, at once
 */
export async function until<Result>(
  what: string,
  deadline: number,
  attempt: () => Promise<Result>,
  waiting: (why: string) => void = () => {},
): Promise<Result> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (Date.now() + PAUSE_MS > deadline) throw new NotInTime(what, error);
      waiting(errorMessage(error));
      await sleep(PAUSE_MS);
    }
  }
}

/** nats-server's own error number, which says more than its HTTP-like code. */
export function errorNumber(error: unknown): number | undefined {
  return apiErrorOf(error)?.err_code;
}

export const STREAM_NOT_FOUND = 10059;
export const STREAM_EXISTS = 10058;
export const CONSUMER_NOT_FOUND = 10014;
export const CONSUMER_EXISTS = 10148;
/** All servers that hold a stream are away. */
export const STREAM_OFFLINE = 10118;

/** Refusals that pass by themselves, besides the 503s. */
const TRANSIENT_NUMBERS = [
  10005, // No peers for the placement: a server may be restarting.
  10049, // No store for a stream, and
  10104, // none for a consumer: for a moment the folder of a deleted one is in the way.
  STREAM_OFFLINE, // or
  10119, // a consumer: all its servers are away, or its group is just being moved.
  10124, // A stream that is moving takes no other update.
];

const TRANSIENT_FAILURES: readonly Failure[] = ["no-responders", "timeout", "disconnected"];

/**
 * Returns whether a cluster that is starting, electing or rolling gives this answer.
 *
 * A missing meta leader is a timeout, `no responders` or any 503: "JetStream system temporarily unavailable" and, in
 * nats.js's words, "jetstream is not enabled".
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof NotYet) return true;
  // nats.js trips over a stream without a configuration, which nats-server has answered right after a deletion.
  if (error instanceof TypeError && error.message.includes("'sealed'")) return true;
  const refusal = apiErrorOf(error);
  if (refusal) return refusal.code === 503 || TRANSIENT_NUMBERS.includes(refusal.err_code);
  const failure = failureOf(error);
  return failure !== undefined && TRANSIENT_FAILURES.includes(failure);
}

/** For objects that must exist, but that a server may not know yet, or no longer while they are being moved. */
export async function notYetWhenMissing<Result>(
  missing: readonly number[],
  request: () => Promise<Result>,
): Promise<Result> {
  try {
    return await request();
  } catch (error) {
    throw missing.includes(errorNumber(error) ?? 0) ? new NotYet(errorMessage(error)) : error;
  }
}

/** For objects that may be gone: undefined when nothing is there to read or to delete. */
export async function unlessMissing<Result>(
  missing: number,
  request: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await request();
  } catch (error) {
    if (errorNumber(error) === missing) return undefined;
    throw error;
  }
}

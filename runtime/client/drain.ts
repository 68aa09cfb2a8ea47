import type { Connection } from "./connection";
import type { Logger } from "./observe/log";
import type { InFlight } from "./serve/in-flight";
import type { StandingSubscriptions } from "./serve/standing";

/** For the last flush, and for what is done when the time for handlers is over. */
const LAST_FLUSH_MS = 2000;

/** What a drain ends. */
export interface DrainParts {
  connection: Connection;
  subscriptions: StandingSubscriptions;
  inFlight: InFlight;
  /** Stops consumers: resolves when they ask for nothing more. */
  stopConsumers: () => Promise<void>;
  /** Aborted when handlers are not waited for any longer. */
  stopping: AbortController;
  logger: Logger;
}

/**
 * Takes nothing new, waits for what is being handled, sends the answers, and closes. It always ends: with the server
 * away there is nothing to wait for but the handlers, and they have `timeoutMs`.
 *
 * nats.js's own drain does not wait for handlers, and their answers are then dropped without a word.
 */
export async function drain(parts: DrainParts, timeoutMs: number): Promise<void> {
  const { connection, subscriptions, inFlight, stopConsumers, stopping, logger } = parts;
  const deadline = Date.now() + timeoutMs;
  const left = () => Math.max(0, deadline - Date.now());
  if (connection.ready)
    await within(Math.min(left(), LAST_FLUSH_MS), Promise.all([subscriptions.drain(), stopConsumers()]));
  else {
    subscriptions.end();
    void stopConsumers().catch(() => undefined);
  }
  if (!(await within(left(), inFlight.idle())))
    logger.warn({ handlers: inFlight.size, waitedMs: timeoutMs }, "NATS client closes before its handlers have ended");
  stopping.abort();
  const link = connection.ready;
  if (link) await within(LAST_FLUSH_MS, link.flush());
  await within(LAST_FLUSH_MS, connection.close());
}

/** Whether the work ended within its time; one that rejects has ended. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([ended, late]);
  clearTimeout(timer);
  return result;
}

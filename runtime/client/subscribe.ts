import { DeniedError } from "./errors";
import { checkPattern, checkQueue } from "./names";
import { describe, type Logger } from "./observe/log";
import type { InFlight } from "./serve/in-flight";
import { Standing, type StandingSubscriptions } from "./serve/standing";
import type { Message } from "./transport/link";

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Of those in one queue group one gets each message. */
  queue?: string;
}

/** A subscription. It survives reconnects. */
export interface Subscription {
  /** At once: messages on their way are not delivered. */
  unsubscribe(): void;
}

/** Hears a subject; what the handler throws or rejects with goes to the log. @throws DeniedError */
export async function subscribe(
  { subscriptions, inFlight, logger }: { subscriptions: StandingSubscriptions; inFlight: InFlight; logger: Logger },
  subject: string,
  handler: (message: Message) => unknown,
  { queue }: SubscribeOptions,
): Promise<Subscription> {
  checkPattern(subject);
  if (queue !== undefined) checkQueue(queue);
  const handle = async (message: Message) => {
    try {
      await handler(message);
    } catch (error) {
      logger.error({ subject, error: describe(error) }, "NATS handler failed");
    }
  };
  const standing = new Standing({
    subject,
    queue,
    take: (message) => inFlight.track(handle(message)),
    onRefusal: (refusal) => logger.error({ subject, error: refusal }, "NATS subscription refused"),
  });
  await subscriptions.add(standing);
  const end = () => {
    subscriptions.remove(standing);
    standing.end();
  };
  if (standing.refusal !== undefined) {
    end();
    throw new DeniedError("subscribe", subject);
  }
  return { unsubscribe: end };
}

import type { JetStreamClient, PubAck } from "@nats-io/jetstream";
import type { Payload } from "@nats-io/transport-node";
import { errorMessage } from "../common/error-message";
import { apiErrorOf, type Failure, failureOf } from "./nats-errors";

/** Options for publishing one message to a stream. */
export interface StreamPublishOptions {
  /**
   * Makes retries harmless: within its duplicate window the stream stores one message of this id. Where others publish
   * to the stream too, one that they cannot foresee.
   */
  messageId: string;
  /** Time that one attempt waits for the acknowledgement. */
  timeoutMs: number;
  /** Time after which no attempt follows. Keep it below the stream's duplicate window (2 minutes by default). */
  retryForMs: number;
}

/** A message that no stream acknowledged in time; it may have been stored all the same. */
export class StreamPublishError extends Error {
  override readonly name = "StreamPublishError";
  constructor(
    readonly subject: string,
    readonly messageId: string,
    readonly attempts: number,
    cause: unknown,
  ) {
    super(`no stream acknowledged ${messageId} on ${subject} in ${attempts} attempts: ${errorMessage(cause)}`, {
      cause,
    });
  }
}

/** The id as the stream gets it: two identities that count their messages alike drop none of each other's. */
export const ownMessageId = (inboxPrefix: string | undefined, id: string): string =>
  inboxPrefix === undefined ? id : `${inboxPrefix.replace(/^_INBOX(_[^.]+)?\./, "")}.${id}`;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** "JetStream system temporarily unavailable": the stream or the meta group has no leader. */
const TEMPORARILY_UNAVAILABLE = 10008;
/** "Duplicate message id is in process": an earlier attempt of ours is being stored right now. */
const DUPLICATE_IN_PROCESS = 10158;

/**
 * Publishes until a stream acknowledges, always with the same message id.
 *
 * While a stream elects a leader (4 to 9 s) a server answers 503 at once: that is a reason to wait, not to fail.
 *
 * @throws StreamPublishError after `retryForMs`; anything that time does not heal (permissions, wrong sequence) at once
 */
export async function publishToStream(
  stream: Pick<JetStreamClient, "publish">,
  subject: string,
  data: Payload,
  { messageId, timeoutMs, retryForMs }: StreamPublishOptions,
): Promise<PubAck> {
  const deadline = Date.now() + retryForMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await stream.publish(subject, data, { msgID: messageId, timeout: timeoutMs });
    } catch (error) {
      if (!isTemporary(error)) throw error;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
      if (Date.now() + pause >= deadline) throw new StreamPublishError(subject, messageId, attempt, error);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Returns whether the same publish may succeed a little later. */
export function isTemporary(error: unknown): boolean {
  const temporary: readonly Failure[] = ["no-responders", "timeout", "disconnected"];
  const failure = failureOf(error);
  if (failure !== undefined && temporary.includes(failure)) return true;
  return [TEMPORARILY_UNAVAILABLE, DUPLICATE_IN_PROCESS].includes(apiErrorOf(error)?.err_code ?? 0);
}

import type { ClientErrorCode } from "./errors";

/** When the same message may be sent again. */
export interface RetryRule {
  /** `idempotent`: only where handling it twice does no harm. */
  retry: "always" | "idempotent" | "never";
  /** What is known about the message. */
  known: string;
  /** Counts against the breaker of the subject. */
  breaks: boolean;
}

/**
 * What is safe to retry. The documentation's table is generated from this one.
 *
 * Publishing to a stream is not in it: it is retried with the same id, which makes a second copy impossible.
 */
export const RETRY_TABLE = {
  "not-connected": { retry: "always", known: "it was never sent", breaks: false },
  "no-responders": { retry: "always", known: "nobody got it", breaks: true },
  timeout: { retry: "idempotent", known: "nothing: it may have been handled, or be handled later", breaks: true },
  "circuit-open": { retry: "never", known: "it was not sent, because the last ones were not answered", breaks: false },
  denied: { retry: "never", known: "the server refused it, and will again", breaks: false },
  schema: { retry: "never", known: "it does not fit its schema, or its answer does not", breaks: false },
  service: { retry: "never", known: "the responder answered with an error", breaks: false },
  stalled: {
    retry: "never",
    known: "what was read does not go on; what was read until then is incomplete",
    breaks: false,
  },
  stream: { retry: "never", known: "JetStream refused it, or holds another message under its id", breaks: false },
  invalid: { retry: "never", known: "it is no valid message, and was not sent", breaks: false },
} as const satisfies Record<ClientErrorCode, RetryRule>;

/** Whether a request that failed this way may be sent again. */
export function mayRetry(code: ClientErrorCode, idempotent: boolean): boolean {
  const { retry } = RETRY_TABLE[code];
  return retry === "always" || (retry === "idempotent" && idempotent);
}

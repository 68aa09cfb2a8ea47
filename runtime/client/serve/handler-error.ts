import { ClientError } from "../errors";

/** What callers get to read for each status: never a word of the responder's own. */
export const STATUS_TEXTS = {
  400: "bad request",
  401: "not authenticated",
  403: "forbidden",
  404: "not found",
  409: "conflict",
  410: "gone",
  412: "precondition failed",
  413: "too large",
  422: "unprocessable",
  429: "too many requests",
  500: "internal error",
  503: "unavailable",
} as const;

/** Status of an answer that is an error. */
export type Status = keyof typeof STATUS_TEXTS;

/** Thrown by a handler: the caller gets the status and its fixed text, the detail goes to the log alone. */
export class HandlerError extends Error {
  override readonly name = "HandlerError";
  constructor(
    readonly status: Status,
    detail: string = STATUS_TEXTS[status],
  ) {
    super(detail);
  }
}

/** Errors of what the handler itself asked for, which say that it may work later. */
const UNAVAILABLE: readonly string[] = ["not-connected", "no-responders", "timeout", "circuit-open"];

/** The status that a thrown value is to its caller. */
export function statusOf(error: unknown): Status {
  if (error instanceof HandlerError) return error.status;
  if (error instanceof ClientError && UNAVAILABLE.includes(error.code)) return 503;
  return 500;
}

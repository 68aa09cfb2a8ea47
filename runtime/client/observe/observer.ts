import type { ClientErrorCode } from "../errors";
import type { Headers, ReceivedHeaders } from "../transport/link";

/** What is observed: the same for logs, metrics and spans. */
export interface Operation {
  /** `request` and `publish` send; `handle` answers a request, `consume` takes a message from a stream. */
  kind: "request" | "publish" | "handle" | "consume";
  /** The subject's pattern: a filled subject has personal data, and there are too many of them. */
  pattern: string;
  subject: string;
  /** Headers that came with the message, for operations that receive. */
  received?: ReceivedHeaders;
  bytes: number;
}

/** How an operation ended: `ok`, one of our error codes, or `error` for what a handler threw. */
export type Outcome = "ok" | "error" | ClientErrorCode;

/** An operation that began. */
export interface Observation {
  /** Headers to send along. */
  headers?: Headers;
  /** Runs the work, with what has to be around it. */
  run?<T>(work: () => T): T;
  /** @param seconds of the operation as a whole */
  end(outcome: Outcome, seconds: number, error?: unknown): void;
}

/** Something that watches operations. It must not throw. */
export interface Observer {
  /** Whether it watches now. @default always */
  isActive?(): boolean;
  begin(operation: Operation): Observation;
}

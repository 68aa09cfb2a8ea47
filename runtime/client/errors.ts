/**
 * Everything that this library rejects with, as one closed set: what the transport throws never reaches a caller.
 * The `code` says what is known about the message; {@link RETRY_TABLE} says what follows from it.
 */
export type ClientErrorCode =
  | "not-connected"
  | "no-responders"
  | "timeout"
  | "denied"
  | "schema"
  | "service"
  | "stalled"
  | "circuit-open"
  | "stream"
  | "invalid";

/** Base of all errors of this library. */
export abstract class ClientError extends Error {
  abstract readonly code: ClientErrorCode;
}

/** There is no connection, so nothing was sent. `refused` when servers turned the login down. */
export class NotConnectedError extends ClientError {
  readonly code = "not-connected";
  override readonly name: string = "NotConnectedError";
  /** The server answered and refused the login; otherwise it could not be reached. */
  readonly refused: boolean;
  constructor(why: string, options: { refused?: boolean; cause?: unknown } = {}) {
    super(why, { cause: options.cause });
    this.refused = options.refused ?? false;
  }
}

/** The client was closed and connects no more. */
export class ClientClosedError extends NotConnectedError {
  override readonly name = "ClientClosedError";
  constructor() {
    super("the NATS client is closed: create another one");
  }
}

/** Nobody listens on the subject: nobody got the message. */
export class NoRespondersError extends ClientError {
  readonly code = "no-responders";
  override readonly name = "NoRespondersError";
  constructor(readonly subject: string) {
    super(`nobody listens on ${subject}`);
  }
}

/** No answer came. Whether the request was handled is unknown: it is never "not found". */
export class TimeoutError extends ClientError {
  readonly code = "timeout";
  override readonly name = "TimeoutError";
  /** @param connectionLost the connection went away while the request was on its way */
  constructor(
    readonly subject: string,
    readonly afterMs: number,
    readonly connectionLost = false,
  ) {
    super(
      connectionLost
        ? `the connection was lost before ${subject} was answered; whether it was handled is unknown`
        : `${subject} was not answered within ${afterMs} ms; whether it was handled is unknown`,
    );
  }
}

/** The server refuses this user the subject. */
export class DeniedError extends ClientError {
  readonly code = "denied";
  override readonly name = "DeniedError";
  constructor(
    readonly operation: "publish" | "subscribe",
    readonly subject: string,
  ) {
    super(`this user may not ${operation} to ${subject}`);
  }
}

/** One place of a payload that is not as its schema says. */
export interface SchemaIssue {
  /** Keys from the payload's root, joined by dots; empty for the payload itself. */
  path: string;
  message: string;
}

/** A payload that does not fit its schema, found before it was sent or after it was received. */
export class SchemaError extends ClientError {
  readonly code = "schema";
  override readonly name = "SchemaError";
  constructor(
    readonly subject: string,
    /** `request` and `response` as the contract calls them. */
    readonly what: "request" | "response" | "message",
    readonly issues: readonly SchemaIssue[],
  ) {
    super(`the ${what} of ${subject} does not fit its schema: ${issues.map(issueText).join("; ")}`);
  }
}
const issueText = ({ path, message }: SchemaIssue) => (path === "" ? message : `${path}: ${message}`);

/** The responder answered with an error. `status` is an HTTP-like number, 404 for not found. */
export class ServiceError extends ClientError {
  readonly code = "service";
  override readonly name = "ServiceError";
  constructor(
    readonly subject: string,
    readonly status: number,
    /** The responder's own words; natsform's responders say one fixed text for each status. */
    readonly text: string,
  ) {
    super(`${subject} answered ${status}: ${text}`);
  }
}

/** The server is connected, but what was asked of it does not go on: no data and no sign of life. */
export class StalledError extends ClientError {
  readonly code = "stalled";
  override readonly name = "StalledError";
  constructor(
    /** Such as `consumer ORDERS/billing`. */
    readonly what: string,
    readonly afterMs: number,
    why?: string,
  ) {
    super(`${what} has not moved for ${afterMs} ms${why === undefined ? "" : `: ${why}`}`);
  }
}

/** The breaker of this subject is open: the last requests were not answered, so this one was not sent. */
export class CircuitOpenError extends ClientError {
  readonly code = "circuit-open";
  override readonly name = "CircuitOpenError";
  constructor(readonly pattern: string) {
    super(`requests to ${pattern} were not answered lately; not sent until a trial succeeds`);
  }
}

/** JetStream refused the message, or holds another one under its id. */
export class StreamError extends ClientError {
  readonly code = "stream";
  override readonly name = "StreamError";
  constructor(
    readonly subject: string,
    why: string,
    /** nats-server's own error number, such as 10071 for a wrong last sequence. */
    readonly number?: number,
  ) {
    super(`${subject}: ${why}`);
  }
}

/** A subject, name, header or payload that must not go onto the wire. Nothing was sent. */
export class InvalidMessageError extends ClientError {
  readonly code = "invalid";
  override readonly name = "InvalidMessageError";
}

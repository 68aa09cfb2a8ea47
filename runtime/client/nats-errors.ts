import { type ApiError, JetStreamApiError, JetStreamError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";

/** What the JetStream API itself answered: nats.js puts errors around it, and so do we (`api_error`). */
export function apiErrorOf(error: unknown): ApiError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof JetStreamApiError) return error.apiError();
  return (error as { api_error?: ApiError }).api_error ?? apiErrorOf(error.cause);
}

const disconnected = ["connection disconnected", "connection closed"];

/** Why an operation of nats.js failed, where it is not the JetStream API that refused it. */
export type Failure = "timeout" | "no-responders" | "disconnected" | "denied" | "refused" | "invalid" | "too-large";

/** @returns undefined for everything else */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof errors.TimeoutError) return "timeout";
  if (error instanceof errors.NoRespondersError) return "no-responders";
  if (error instanceof errors.PermissionViolationError) return "denied";
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
    return "refused";
  if (error instanceof errors.InvalidArgumentError)
    return error.message.includes("max_payload") ? "too-large" : "invalid";
  if (error instanceof errors.InvalidSubjectError) return "invalid";
  if (error instanceof errors.RequestError && disconnected.includes(error.message) && error.cause === undefined)
    return "disconnected";
  return error instanceof Error && error.cause !== undefined ? failureOf(error.cause) : undefined;
}

const classes = [...Object.values(errors), JetStreamApiError, JetStreamError];

/** Returns whether it comes from nats.js: then it says how servers are, or what they refuse. */
export const isOfNats = (error: unknown): boolean =>
  error instanceof Error && (classes.some((each) => error instanceof each) || isOfNats(error.cause));

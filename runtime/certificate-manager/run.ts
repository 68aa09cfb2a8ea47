import { errorMessage } from "../common/error-message";
import type { Ports } from "./ports";
import type { Settings } from "./settings";

/** One invocation: its tools, its requests and its deadline. */
export interface Run {
  settings: Settings;
  ports: Ports;
  /** Aborted when only the time to clean up is left. */
  signal: AbortSignal;
  /** Time at which the invocation is ended from outside. A lease lasts no longer. */
  endsAt(): Date;
  /** Certificates to renew and authorities to replace because an operator requests it. */
  renew: readonly string[];
  roll: readonly string[];
}

export const isPrivate = (issuer: string): boolean => issuer !== "acme";

/** An error as one line that is fit for a log and an answer. */
export const reasonOf = (error: unknown): string =>
  (errorMessage(error) || String(error)).replace(/\s+/g, " ").slice(0, 500);

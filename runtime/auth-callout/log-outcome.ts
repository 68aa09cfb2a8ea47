import type { Logger } from "pino";
import type { Outcome } from "./handler";

/**
 * Logs one line for each request. Text that the client chose is cut; credentials are never logged. Where there are only
 * logs, alarms are made from verdict and duration.
 */
export function logOutcome(log: Logger, outcome: Outcome, durationMs?: number): void {
  if (outcome.verdict === "refused") {
    log.warn({ verdict: "refused", durationMs, reason: outcome.reason }, "not a request of a server: not answered");
    return;
  }
  const { host, name, type } = outcome.request.client;
  const about = { server: outcome.request.server.name, client: { host, name: name.slice(0, 64), type } };
  if (outcome.verdict === "denied") {
    const { reason, detail } = outcome;
    log[reason === "internal" ? "error" : "warn"](
      { verdict: "denied", durationMs, reason, detail, ...about },
      "denied",
    );
  } else {
    const { grant, expiresAt } = outcome.admission;
    log.info(
      { verdict: "admitted", durationMs, user: grant.name, account: grant.account, expiresAt, ...about },
      "admitted",
    );
  }
}

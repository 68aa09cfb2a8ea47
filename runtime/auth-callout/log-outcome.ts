import type { Logger } from "pino";
import type { Outcome } from "./handler";

/**
 * One line for each request. What a client chose itself is cut; credentials are never among it. Where there is nothing
 * but logs, verdict and duration are what alarms are made from.
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

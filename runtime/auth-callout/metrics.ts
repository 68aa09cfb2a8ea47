import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { NatsClientHealth } from "../client";
import { readGauge } from "../common/read-gauge";
import type { Outcome } from "./handler";

/** Prometheus metrics of one responder, in a registry of its own. */
export interface Metrics {
  registry: Registry;
  decided(outcome: Outcome, seconds: number): void;
  jwksFetched(result: "success" | "failure"): void;
}

/** @param nats read when the metrics are scraped */
export function buildMetrics(nats: () => NatsClientHealth): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = readGauge(registers);

  const decisions = new Counter({
    name: "auth_callout_decisions_total",
    help: "Authorization requests by verdict: admitted, denied (answered), refused (no request of a server, not answered).",
    labelNames: ["verdict", "reason"],
    registers,
  });
  const durations = new Histogram({
    name: "auth_callout_duration_seconds",
    help: "Time from the receipt of a request to its answer.",
    labelNames: ["verdict"],
    // The last buckets lie around nats-server's default timeout of 2 s.
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2],
    registers,
  });
  const fetches = new Counter({
    name: "auth_callout_jwks_fetches_total",
    help: "Downloads of the issuer's key set.",
    labelNames: ["result"],
    registers,
  });
  // Monotonic: an age does not jump with the machine's clock.
  let fetchedAt = Number.NaN;
  gauge(
    "auth_callout_jwks_age_seconds",
    "Age of the keys in use; NaN before the first download.",
    () => (performance.now() - fetchedAt) / 1000,
  );
  gauge("auth_callout_nats_connected", "1 while connected to NATS.", () => Number(nats().connected));
  gauge("auth_callout_nats_reconnects", "Reconnects to NATS since the start.", () => nats().reconnects);

  return {
    registry,
    decided(outcome, seconds) {
      const reason = outcome.verdict === "admitted" ? "" : outcome.reason;
      decisions.inc({ verdict: outcome.verdict, reason });
      durations.observe({ verdict: outcome.verdict }, seconds);
    },
    jwksFetched(result) {
      fetches.inc({ result });
      if (result === "success") fetchedAt = performance.now();
    },
  };
}

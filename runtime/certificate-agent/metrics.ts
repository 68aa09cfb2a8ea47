import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { readGauge } from "../common/read-gauge";

/** Prometheus metrics of one agent, in a registry of its own. */
export interface Metrics {
  registry: Registry;
  certificate(id: string, notAfter: Date): void;
  /** A value that could not be fetched, or was fetched and rejected. */
  failed(what: string, why: "failed" | "rejected"): void;
  reloaded(result: "loaded" | "refused" | "silent"): void;
  /** A listener serves the certificate in place, or another one. */
  served(listener: string, name: string, matches: boolean): void;
  configWaits(waits: boolean): void;
  /** Everything in the store is in place, and the server uses it. */
  succeeded(now: Date): void;
}

export function buildMetrics(missing: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `certificate_agent_${name}`, help, labelNames, registers });
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `certificate_agent_${name}`, help, labelNames, registers });

  const notAfter = gauge("certificate_not_after_seconds", "End of the certificate in place, since 1970.", ["id"]);
  const failures = counter("failures_total", "Values that could not be fetched, or were fetched and rejected.", [
    "what",
    "why",
  ]);
  const reloads = counter("reloads_total", "Reloads that were requested of the server.", ["result"]);
  const served = gauge("served", "1 while a listener serves the certificate in place under a name.", [
    "listener",
    "name",
  ]);
  const waits = gauge("config_waits", "1 while the newest configuration waits for the task that replaces this one.");
  const success = gauge(
    "last_success_timestamp_seconds",
    "When everything in the store was last in place and in use, since 1970.",
  );
  readGauge(registers)(
    "certificate_agent_files_missing",
    "Files that the server would miss if it started now.",
    missing,
  );
  return {
    registry,
    certificate: (id, date) => notAfter.set({ id }, date.getTime() / 1000),
    failed: (what, why) => failures.inc({ what, why }),
    reloaded: (result) => reloads.inc({ result }),
    served: (listener, name, matches) => served.set({ listener, name }, Number(matches)),
    configWaits: (value) => waits.set(Number(value)),
    succeeded: (now) => success.set(now.getTime() / 1000),
  };
}

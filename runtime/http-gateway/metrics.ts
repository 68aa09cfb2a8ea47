import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { readGauge } from "../common/read-gauge";

/** Numbers that are read when somebody asks. */
export interface Gauges {
  connections(): number;
  feeds(): number;
  connected(): boolean;
}

export interface Metrics {
  registry: Registry;
  /** What counts the readers of event streams, which is made after the metrics that it reports to. */
  readersAre(count: () => number): void;
  /** @param route its name; empty where no route was found. @param outcome a problem's code, or `ok` */
  answered(route: string, outcome: string, seconds: number): void;
  /** A reader was closed because it read too slowly. */
  slow(): void;
}

export function buildMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = readGauge(registers);
  gauge("http_gateway_connections", "Connections to NATS that belong to tokens.", gauges.connections);
  let readers = () => 0;
  gauge("http_gateway_event_readers", "Readers of event streams.", () => readers());
  gauge("http_gateway_feeds", "Subjects that are read for all of their readers.", gauges.feeds);
  gauge("http_gateway_nats_connected", "1 while the gateway itself is connected to NATS.", () =>
    Number(gauges.connected()),
  );
  const requests = new Counter({
    name: "http_gateway_requests_total",
    help: "Requests by route and outcome: ok, or the code of the problem.",
    labelNames: ["route", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "http_gateway_duration_seconds",
    help: "Time from the head of a request to its answer, event streams left out.",
    labelNames: ["route"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const slow = new Counter({
    name: "http_gateway_slow_readers_total",
    help: "Readers that were closed because too much waited for them.",
    registers,
  });
  return {
    registry,
    readersAre(count) {
      readers = count;
    },
    answered(route, outcome, seconds) {
      requests.inc({ route, outcome });
      durations.observe({ route }, seconds);
    },
    slow: () => slow.inc(),
  };
}

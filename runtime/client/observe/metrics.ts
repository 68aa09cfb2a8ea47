import type { ConnectionState } from "../connection";
import type { Observer, Operation } from "./observer";

/** Upper bounds in seconds; the last ones lie around the default timeout. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Patterns with series of their own at most; the rest is counted together. */
const MAX_PATTERNS = 200;
const OTHER = "(other)";

type Kind = Operation["kind"];

interface Series {
  kind: Kind;
  pattern: string;
  outcomes: Map<string, number>;
  buckets: number[];
  sum: number;
  count: number;
}

/** Counts and durations of operations, as Prometheus reads them. Subjects are patterns, and bounded in number. */
export class Metrics implements Observer {
  /** By pattern and kind. */
  readonly #series = new Map<string, Partial<Record<Kind, Series>>>();

  begin({ kind, pattern }: Operation) {
    const series = this.#series.get(pattern)?.[kind] ?? this.#newSeries(kind, pattern);
    return {
      end(outcome: string, seconds: number) {
        series.outcomes.set(outcome, (series.outcomes.get(outcome) ?? 0) + 1);
        let bucket = 0;
        while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket++;
        if (bucket < BUCKETS.length) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
        series.sum += seconds;
        series.count++;
      },
    };
  }

  #newSeries(kind: Kind, wanted: string): Series {
    const pattern = this.#series.has(wanted) || this.#series.size < MAX_PATTERNS ? wanted : OTHER;
    const kinds = this.#series.get(pattern) ?? {};
    this.#series.set(pattern, kinds);
    kinds[kind] ??= { kind, pattern, outcomes: new Map(), buckets: BUCKETS.map(() => 0), sum: 0, count: 0 };
    return kinds[kind];
  }

  #all(): Series[] {
    return [...this.#series.values()].flatMap((kinds) => Object.values(kinds));
  }

  /** Text of the exposition format, version 0.0.4. */
  text({ connected, reconnects, refusals }: Readonly<ConnectionState>): string {
    const lines = [
      ...head("nats_client_connected", "gauge", "1 while connected."),
      `nats_client_connected ${Number(connected)}`,
      ...head("nats_client_reconnects_total", "counter", "Reconnects since the start."),
      `nats_client_reconnects_total ${reconnects}`,
      ...head("nats_client_refusals", "gauge", "Logins turned down since the last that was taken."),
      `nats_client_refusals ${refusals}`,
      ...head("nats_client_operations_total", "counter", "Operations by kind, subject pattern and outcome."),
      ...this.#all().flatMap((series) =>
        [...series.outcomes].map(
          ([outcome, count]) => `nats_client_operations_total{${labels(series)},outcome="${outcome}"} ${count}`,
        ),
      ),
      ...head("nats_client_duration_seconds", "histogram", "Time of operations."),
      ...this.#all().flatMap(histogram),
    ];
    return `${lines.join("\n")}\n`;
  }
}

const head = (name: string, type: string, help: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
const escaped = (text: string) => text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
const labels = ({ kind, pattern }: Series) => `kind="${kind}",subject="${escaped(pattern)}"`;

function histogram(series: Series): string[] {
  const name = "nats_client_duration_seconds";
  let below = 0;
  const buckets = BUCKETS.map((bound, i) => {
    below += series.buckets[i] ?? 0;
    return `${name}_bucket{${labels(series)},le="${bound}"} ${below}`;
  });
  return [
    ...buckets,
    `${name}_bucket{${labels(series)},le="+Inf"} ${series.count}`,
    `${name}_sum{${labels(series)}} ${series.sum}`,
    `${name}_count{${labels(series)}} ${series.count}`,
  ];
}

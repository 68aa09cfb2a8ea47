import { context, propagation, type Span, type TextMapPropagator, trace } from "@opentelemetry/api";
import { Metrics } from "../../../runtime/client/observe/metrics";
import { tracingObserver } from "../../../runtime/client/observe/tracing";

const state = { connected: true, idle: false, closed: false, refusals: 0, reconnects: 2 };
const operation = { kind: "request", pattern: "user.*.get", subject: "user.7.get", bytes: 3 } as const;

test("operations are counted by pattern and outcome, and durations add up", () => {
  const metrics = new Metrics();
  metrics.begin(operation).end("ok", 0.002);
  metrics.begin(operation).end("ok", 0.2);
  metrics.begin(operation).end("timeout", 60);
  const text = metrics.text(state);
  expect(text).toContain('nats_client_operations_total{kind="request",subject="user.*.get",outcome="ok"} 2\n');
  expect(text).toContain('outcome="timeout"} 1\n');
  expect(text).toContain('nats_client_duration_seconds_bucket{kind="request",subject="user.*.get",le="0.0025"} 1\n');
  expect(text).toContain('le="0.25"} 2\n');
  expect(text).toContain('le="+Inf"} 3\n');
  expect(text).toContain("nats_client_reconnects_total 2\n");
  expect(text).not.toContain("user.7.get");
});

test("subjects without an end make no series without an end, and no line of their own", () => {
  const metrics = new Metrics();
  for (let i = 0; i < 1000; i++) metrics.begin({ ...operation, pattern: `a"\n${i}` }).end("ok", 0);
  const lines = metrics.text(state).split("\n");
  expect(lines.filter((line) => line.startsWith("nats_client_operations_total"))).toHaveLength(201);
  expect(lines.filter((line) => !/^(#|nats_client_|$)/.test(line))).toEqual([]);
});

test("a span is named after the pattern, and its context goes along", () => {
  const started: string[] = [];
  const injecting: TextMapPropagator = {
    inject: (_context, carrier, setter) => setter.set(carrier, "traceparent", "00-1-2-01"),
    extract: (given) => given,
    fields: () => ["traceparent"],
  };
  propagation.setGlobalPropagator(injecting);
  const span = {
    end() {},
    setStatus() {},
    setAttribute() {},
    recordException() {},
    spanContext: () => ({}),
  } as unknown as Span;
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan: (name: string) => {
        started.push(name);
        return span;
      },
      startActiveSpan: () => undefined as never,
    }),
  });
  try {
    const observation = tracingObserver()?.begin(operation);
    expect(started).toEqual(["send user.*.get"]);
    expect(observation?.headers).toEqual({ traceparent: "00-1-2-01" });
    expect(observation?.run?.(() => 7)).toBe(7);
    observation?.end("timeout", 1, new Error("secret"));
  } finally {
    trace.disable();
    propagation.disable();
    context.disable();
  }
});

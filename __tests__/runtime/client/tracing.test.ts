import { context, propagation, type Span, type TextMapPropagator, trace } from "@opentelemetry/api";
import { Observers } from "../../../runtime/client/observe/observers";
import { tracingObserver } from "../../../runtime/client/observe/tracing";

const operation = { kind: "request", pattern: "user.*.get", subject: "user.7.get", bytes: 3 } as const;

afterEach(() => {
  trace.disable();
  propagation.disable();
  context.disable();
});

/** Registers a provider as a program with an SDK does. Returns the names of the spans that begin. */
function register(): string[] {
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
  return started;
}

test("a span is named after the pattern, and its context goes along", () => {
  const started = register();
  const observation = tracingObserver(true)?.begin(operation);
  expect(started).toEqual(["send user.*.get"]);
  expect(observation?.headers).toEqual({ traceparent: "00-1-2-01" });
  expect(observation?.run?.(() => 7)).toBe(7);
  observation?.end("timeout", 1, new Error("secret"));
});

test("a package that somebody else brought traces nothing; a provider that the program registers does, from then on", async () => {
  const observers = new Observers([tracingObserver()]);
  const headers = () => observers.around(operation, async (added) => added);
  expect([observers.none, await headers()]).toEqual([true, undefined]);
  const started = register();
  expect([observers.none, await headers()]).toEqual([false, { traceparent: "00-1-2-01" }]);
  expect(started).toEqual(["send user.*.get"]);
});

test("what is switched off stays off, and what is asked for is on without a provider", () => {
  register();
  expect(tracingObserver(false)).toBeUndefined();
  trace.disable();
  expect(new Observers([tracingObserver(true)]).none).toBe(false);
});

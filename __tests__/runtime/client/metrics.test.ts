import { Metrics } from "../../../runtime/client/observe/metrics";

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

import { z } from "zod";
import { DNS_SYNC_METRICS, DNS_SYNC_NAMESPACE } from "../../runtime/dns-sync/contract";
import { eventSummary } from "../../runtime/dns-sync/event";
import { metricLine, metricValues } from "../../runtime/dns-sync/metrics";
import type { Outcome } from "../../runtime/dns-sync/reconcile";

const now = Date.UTC(2026, 10, 21, 12);
const outcome: Outcome = { healthy: ["198.51.100.1", "198.51.100.2"], record: "unchanged", withoutAddress: [] };

/** The embedded metric format, as CloudWatch specifies it, as far as it is used. */
const Line = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int().positive(),
    CloudWatchMetrics: z.tuple([
      z.strictObject({
        Namespace: z.literal(DNS_SYNC_NAMESPACE),
        Dimensions: z.tuple([z.tuple([z.literal("RecordName")])]),
        Metrics: z.array(z.strictObject({ Name: z.string(), Unit: z.enum(["Count", "Seconds"]) })),
      }),
    ]),
  }),
  RecordName: z.string(),
});

test.each<[string, Outcome | undefined, object]>([
  [
    "unchanged",
    outcome,
    { HealthyServers: 2, RecordChanges: 0, OwnershipRefusals: 0, Failures: 0, LastSuccess: now / 1000 },
  ],
  ["changed", { ...outcome, record: "changed" }, { RecordChanges: 1, LastSuccess: now / 1000 }],
  ["deleted", { ...outcome, healthy: [], record: "deleted" }, { HealthyServers: 0, RecordChanges: 1 }],
  [
    "kept",
    { ...outcome, healthy: [], record: "kept" },
    { HealthyServers: 0, RecordChanges: 0, LastSuccess: now / 1000 },
  ],
  ["refused", { ...outcome, record: "refused" }, { HealthyServers: 2, OwnershipRefusals: 1, Failures: 0 }],
  ["failed", undefined, { RecordChanges: 0, OwnershipRefusals: 0, Failures: 1 }],
])("%s is reported in one line that CloudWatch reads", (kind, given, desired) => {
  const line = metricLine("nats.example.com", metricValues(given, 3, now), now);
  expect(line).not.toContain("\n");
  const { _aws, RecordName, ...values } = Line.parse(JSON.parse(line));
  expect(RecordName).toBe("nats.example.com");
  expect(values).toMatchObject({ ...desired, Retries: 3 });
  // Each value is declared with its unit, and each declared metric has a value.
  const declared = _aws.CloudWatchMetrics[0].Metrics;
  expect(declared.map(({ Name }) => Name).sort()).toEqual(Object.keys(values).sort());
  for (const { Name, Unit } of declared) expect(DNS_SYNC_METRICS).toMatchObject({ [Name]: Unit });
  if (kind === "refused" || kind === "failed") expect(values).not.toHaveProperty("LastSuccess");
  if (kind === "failed") expect(values).not.toHaveProperty("HealthyServers");
});

test.each([undefined, null, 7, "x", [], {}, { detail: 1 }, { detail: { version: "9", taskArn: {} } }])(
  "no event is wrong: %j",
  (event) => {
    expect(() => eventSummary(event)).not.toThrow();
  },
);

test("an event is summed up by what identifies it, and nothing more", () => {
  const detail = { taskArn: "task/1", group: "service:x", lastStatus: "RUNNING", version: 4, overrides: { secret: 1 } };
  const event = { id: "e", "detail-type": "ECS Task State Change", account: "123456789012", detail };
  const { overrides: _, ...summary } = detail;
  expect(eventSummary(event)).toEqual({ id: "e", "detail-type": "ECS Task State Change", detail: summary });
});

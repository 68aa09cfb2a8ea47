import { X509Certificate } from "node:crypto";
import { retryAfterMs } from "../../runtime/certificate-manager/acme/http";
import { afterLimit, backoffMs } from "../../runtime/certificate-manager/backoff";
import { certificateManagerActions, challengeRecord, EnsureRequest } from "../../runtime/certificate-manager/contract";
import { metricLine } from "../../runtime/certificate-manager/metrics";
import { loadSettings } from "../../runtime/certificate-manager/settings";
import { EnvironmentError } from "../../runtime/common/environment-error";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { renewalId } from "../../runtime/x509/facts";

const dayMs = 24 * 3_600_000;
const managed = (id: string, issuer: string) => ({
  id,
  secret: `s-${id}`,
  names: ["a.example.com"],
  issuer,
  usages: ["server"],
});
const environment = (certificates: object[], more: Record<string, string> = {}) => ({
  CERTIFICATES: JSON.stringify(certificates),
  STATE_TABLE: "table",
  AUTHORITIES: "{}",
  SERVER_LOGS: '{"core-0": "/natsform/demo/core-0"}',
  ...more,
});

test("every problem of an environment is told at once", () => {
  const given = environment([managed("public", "acme"), managed("public", "routes")], { ACME_DIRECTORY_URL: "" });
  let problems: readonly string[] = [];
  try {
    loadSettings(given);
  } catch (error) {
    problems = (error as EnvironmentError).problems;
  }
  expect(problems).toEqual([
    "CERTIFICATES: id public stands there twice",
    "CERTIFICATES: secret s-public stands there twice",
    "AUTHORITIES must name the secret of routes, which signs public",
    "ACME_DIRECTORY_URL must be set for certificates of issuer acme",
    "ACME_ACCOUNT_SECRET must be set for certificates of issuer acme",
    "HOSTED_ZONE_ID must be set for certificates of issuer acme",
  ]);
  expect(() => loadSettings({ ...given, CERTIFICATES: "[" })).toThrow(EnvironmentError);
});

test("without the log of a server it does not run: no authority would ever be proven", () => {
  for (const SERVER_LOGS of ["", "{}"])
    expect(() => loadSettings(environment([managed("routes", "routes")], { SERVER_LOGS }))).toThrow(/SERVER_LOGS: /);
});

test("without public certificates nothing of ACME is needed, and an authority in ACM PCA is enough", () => {
  const given = environment([managed("routes", "routes")], { PRIVATE_CA_ARNS: '{"routes": "arn:aws:acm-pca:::x"}' });
  expect(loadSettings(given).acme).toBeUndefined();
});

test("an event of a schedule asks for nothing in particular, and a wrong request is refused", () => {
  const event = { version: "0", "detail-type": "Scheduled Event", source: "aws.events", detail: {} };
  expect(EnsureRequest.parse(event)).toEqual({});
  expect(() => EnsureRequest.parse({ renew: "public" })).toThrow();
});

test("waits grow from a minute to a day, and never fall below it", () => {
  const minutes = [1, 2, 3, 4, 5, 50].map((failures) => backoffMs(failures, 0) / 60_000);
  expect(minutes).toEqual([1, 10, 100, 1440, 1440, 1440]);
  expect(backoffMs(9, 1)).toBeCloseTo(1.1 * dayMs);
});

test("the fifth certificate of a week waits for the first to be a week old", () => {
  const now = new Date(100 * dayMs);
  const daysAgo = (...days: number[]) => days.map((day) => new Date((100 - day) * dayMs));
  expect(afterLimit(now, daysAgo(1, 2, 3))).toBeUndefined();
  expect(afterLimit(now, daysAgo(8, 3, 1, 2, 6))).toEqual(new Date(101 * dayMs));
  expect(afterLimit(now, daysAgo(-1, -2, -3, 1))).toBeUndefined();
});

test("a metric is a line that CloudWatch reads", () => {
  expect(JSON.parse(metricLine("demo-core-nats", { DaysLeft: 12.5 }, new Date(5)))).toEqual({
    _aws: {
      Timestamp: 5,
      CloudWatchMetrics: [
        { Namespace: "natsform/certificates", Dimensions: [["Secret"]], Metrics: [{ Name: "DaysLeft" }] },
      ],
    },
    Secret: "demo-core-nats",
    DaysLeft: 12.5,
  });
});

test("a certificate is named for its renewal by the key that signed it and its serial number", async () => {
  const now = new Date();
  const authority = await createAuthority("test", dayMs, now);
  const names = { dns: ["a.example.com"] };
  for (let tries = 0; tries < 8; tries++) {
    const { cert } = await issueCertificate(authority, { names, usages: ["server"], ttlMs: dayMs, now });
    const [key, serial] = (renewalId(cert) ?? "").split(".").map((part) => Buffer.from(part, "base64url"));
    expect(key).toHaveLength(20);
    // A number, not bytes: as it is printed, with a zero byte before it where it would be negative.
    expect(BigInt(`0x${serial?.toString("hex")}`)).toBe(BigInt(`0x${new X509Certificate(cert).serialNumber}`));
    expect((serial?.[0] ?? 255) < 0x80).toBe(true);
  }
});

test("a wildcard is proven where the name below it is, and servers' words about time are understood", () => {
  expect(challengeRecord("*.nats.example.com")).toBe(challengeRecord("nats.example.com"));
  expect(retryAfterMs("120")).toBe(120_000);
  expect(retryAfterMs(new Date(Date.now() + 3_600_000).toUTCString())).toBeGreaterThan(3_500_000);
  expect([retryAfterMs("soon"), retryAfterMs(undefined)]).toEqual([undefined, undefined]);
});

test("no action is listed twice, and none is a wildcard", () => {
  const actions: string[] = certificateManagerActions.flatMap((entry) => [...entry.actions]);
  expect(new Set(actions).size).toBe(actions.length);
  expect(actions.filter((action) => action.includes("*"))).toEqual([]);
});

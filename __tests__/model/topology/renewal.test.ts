import fc from "fast-check";
import { renewalCron, renewalInterval, renewalRate } from "../../../model/topology";

const minutes = 60_000;
const of = (ttlSeconds: number) => renewalInterval([{ ttlSeconds }, { ttlSeconds: undefined }]);

test.each([
  ["30 days", 30 * 86_400, "17 */6 * * *", "rate(6 hours)"],
  ["72 hours", 72 * 3600, "17 */6 * * *", "rate(6 hours)"],
  ["71 hours", 71 * 3600, "17 */4 * * *", "rate(4 hours)"],
  ["a day", 86_400, "17 */2 * * *", "rate(2 hours)"],
  ["twelve hours", 12 * 3600, "17 * * * *", "rate(1 hour)"],
  ["an hour", 3600, "*/5 * * * *", "rate(5 minutes)"],
  ["twelve minutes", 720, "*/1 * * * *", "rate(1 minute)"],
  ["a minute", 60, "*/1 * * * *", "rate(1 minute)"],
])("certificates that live for %s", (_, ttlSeconds, cron, rate) => {
  expect(renewalCron(of(ttlSeconds))).toBe(cron);
  expect(renewalRate(of(ttlSeconds))).toBe(rate);
});

test("the last third of the shortest life has four runs, and no gap is longer than six hours", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 720, max: 400 * 86_400 }), { minLength: 1 }), (lives) => {
      const interval = renewalInterval(lives.map((ttlSeconds) => ({ ttlSeconds })));
      expect(interval).toBeLessThanOrEqual(Math.min((Math.min(...lives) * 1000) / 3 / 4, 360 * minutes));
    }),
  );
});

test("public certificates alone are looked at every six hours", () => {
  expect(renewalInterval([{}])).toBe(360 * minutes);
});

import { DialPace } from "../../../runtime/client/transport/dial-pace";
import { commonOptions } from "../../../runtime/client/transport/nats-link";

test("the first dial after a disconnect waits for its random moment, and no later one does", () => {
  let now = 0;
  const pace = new DialPace({ firstDialDelayMs: () => 1500, dialDelayMs: () => 200 }, () => now);
  // While there was no connection yet, nobody is to wait.
  expect([pace.nextDelay(), pace.untilFirstDial()]).toEqual([200, 0]);
  pace.connected();
  expect([pace.nextDelay(), pace.untilFirstDial()]).toEqual([1500, 1500]);
  now = 1000;
  expect([pace.nextDelay(), pace.untilFirstDial()]).toEqual([500, 500]);
  now = 1500;
  expect([pace.nextDelay(), pace.nextDelay()]).toEqual([0, 200]);
  pace.connected();
  expect(pace.nextDelay()).toBe(1500);
});

test("clients that lost one server at the same moment dial apart", () => {
  const moments = Array.from({ length: 100 }, () => {
    const pace = new DialPace({ firstDialDelayMs: () => Math.random() * 3000, dialDelayMs: () => 0 }, () => 0);
    pace.connected();
    return pace.nextDelay();
  });
  expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(1000);
});

const options = {
  ...{ servers: ["tls://a:4222"], authenticators: [], timeoutMs: 1000, pingIntervalMs: 25_000 },
  ...{ firstDialDelayMs: () => 0, dialDelayMs: () => 0, onClosedDial: () => undefined, onEvent: () => undefined },
};

test("nats.js is told to encrypt whenever we are, to come back for ever, and that no refusal is the last", () => {
  expect(commonOptions({ ...options, tls: {} })).toMatchObject({
    tls: {},
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    pingInterval: 25_000,
  });
  // Null and not undefined: this alone is in clear, and only where the program said so.
  expect(commonOptions(options).tls).toBeNull();
});

import { buildHttp } from "../../runtime/auth-callout/http";
import { sharedAnswer } from "../../runtime/common/shared-answer";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("whoever asks while it runs, and a while after, gets the same answer; then it is asked for anew", async () => {
  const ends: ((value: number) => void)[] = [];
  const ask = sharedAnswer(1000, () => new Promise<number>((end) => ends.push(end)));
  const waiting = [ask(), ask()];
  expect(ends).toHaveLength(1);
  ends[0]?.(1);
  expect(await Promise.all([...waiting, ask()])).toEqual([1, 1, 1]);
  jest.advanceTimersByTime(999);
  expect(await ask()).toBe(1);
  jest.advanceTimersByTime(1);
  void ask();
  expect(ends).toHaveLength(2);
});

test("a failure is shared, and forgotten as an answer is", async () => {
  let runs = 0;
  const ask = sharedAnswer(1000, async () => {
    if (++runs === 1) throw new Error("first");
    return runs;
  });
  const both = await Promise.allSettled([ask(), ask()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await jest.advanceTimersByTimeAsync(1000);
  expect(await ask()).toBe(2);
});

test("a thousand questions about the readiness of a responder are one request over NATS", async () => {
  let probes = 0;
  const readiness = async () => ({ problems: ++probes > 1 ? ["asked too often"] : [] });
  const app = buildHttp(readiness, { metrics: async () => "", contentType: "text/plain" } as never);
  const answers = await Promise.all(Array.from({ length: 1000 }, () => app.request("/readyz")));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(probes).toBe(1);
});

import fc from "fast-check";
import { pace } from "../../runtime/dns-sync/pace";

test("whatever comes when, at most five are let through in any second, and none waits longer than it must", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(600), { minLength: 1, maxLength: 40 }), async (pauses) => {
      let now = 0;
      const sleep = async (ms: number) => {
        now += ms;
      };
      const turn = pace(250, { now: () => now, sleep });
      const sent: number[] = [];
      for (const pause of pauses) {
        now += pause;
        const asked = now;
        await turn();
        expect(now).toBe(Math.max(asked, (sent.at(-1) ?? Number.NEGATIVE_INFINITY) + 250));
        sent.push(now);
      }
      for (const start of sent)
        expect(sent.filter((at) => at >= start && at < start + 1000).length).toBeLessThanOrEqual(5);
    }),
  );
});

test("those that ask at once are let through one by one", async () => {
  const waits: number[] = [];
  const turn = pace(250, { now: () => 0, sleep: async (ms) => void waits.push(ms) });
  await Promise.all([turn(), turn(), turn(), turn()]);
  expect(waits).toEqual([250, 500, 750]);
});

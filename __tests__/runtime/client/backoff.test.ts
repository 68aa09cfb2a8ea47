import fc from "fast-check";
import { reconnectDelay } from "../../../runtime/client/backoff";

test("the first round is short, and every further one twice as long, up to a quarter of a minute", () => {
  const longest = [0, 3, 6, 9, 12, 15, 300].map((attempts) => reconnectDelay(attempts, 3, 1));
  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test("half of a pause is left to chance, and none is below the half", () =>
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.integer({ min: 0, max: 9 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (n, s, r) => {
        const [least, delay, most] = [0, r, 1].map((random) => reconnectDelay(n, s, random)) as [
          number,
          number,
          number,
        ];
        expect(least).toBeLessThanOrEqual(delay);
        expect(delay).toBeLessThanOrEqual(most);
        expect(Math.abs(most - 2 * least)).toBeLessThanOrEqual(1);
        expect(most).toBeLessThanOrEqual(15_000);
      },
    ),
  ));

import fc from "fast-check";
import type { Happening } from "./dns-world";

/** Something happens to a server, and its event arrives these seconds later: not at all, once, or more often. */
export interface Step {
  afterSeconds: number;
  what: Happening;
  server: number;
  deliveries: readonly number[];
}

/** What happens, and which of the program's requests, counted from the first, fail, answer late or see the past. */
export interface History {
  steps: readonly Step[];
  failing: readonly number[];
  /** Changes whose answer is lost. */
  lost: readonly number[];
  stale: readonly number[];
  requestSeconds: number;
  pageSize: number;
}

const happenings: Happening[] = ["start", "stop", "stopped", "sick", "heal", "replace", "move"];
const requests = fc.array(fc.nat(50), { maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.record({
  afterSeconds: fc.nat(40),
  what: fc.constantFrom(...happenings),
  server: fc.nat(2),
  deliveries: fc.array(fc.nat(100), { maxLength: 2 }),
});

/** Mostly short ones: they are many, and what goes wrong goes wrong in few steps. */
export const histories: fc.Arbitrary<History> = fc.record({
  steps: fc.oneof(
    { arbitrary: fc.array(step, { minLength: 1, maxLength: 3 }), weight: 14 },
    { arbitrary: fc.array(step, { minLength: 5, maxLength: 12 }), weight: 1 },
  ),
  failing: requests,
  lost: requests,
  stale: requests,
  requestSeconds: fc.nat(8),
  pageSize: fc.integer({ min: 1, max: 3 }),
});

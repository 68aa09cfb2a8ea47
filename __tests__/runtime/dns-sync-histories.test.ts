import fc from "fast-check";
import { histories } from "../support/dns-histories";
import { live } from "../support/dns-history";
import { longRuns } from "../support/soak";

const runs = longRuns("dns-sync histories", 10_000, 100_000);

test("histories end with exactly the healthy servers, whatever became of events and requests", async () => {
  const total = { invocations: 0, failed: 0, changes: 0 };
  const property = fc.asyncProperty(histories, async (history) => {
    const story = await live(history);
    total.invocations += story.invocations;
    total.failed += story.failed;
    total.changes += story.changes;
  });
  await fc.assert(property, runs);
  // They were neither all quiet nor all hopeless.
  expect(total.invocations).toBeGreaterThan(3 * runs.numRuns);
  expect(total.failed / total.invocations).toBeGreaterThan(0.1);
  expect(total.changes / total.invocations).toBeGreaterThan(0.1);
  // Nothing in them waits, so that the machine's speed alone says how long they take.
}, 900_000);

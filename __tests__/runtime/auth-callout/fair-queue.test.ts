import { FairQueue } from "../../../runtime/auth-callout/fair-queue";

test("work starts in order, one piece in each turn of the event loop", async () => {
  const [queue, started]: [FairQueue, (number | "loop")[]] = [new FairQueue(), []];
  const work = [0, 1, 2].map((piece) => queue.next().then(() => started.push(piece)));
  const loop = (async () => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      started.push("loop");
    }
  })();
  await Promise.all([...work, loop]);
  expect(started.filter((entry) => entry !== "loop")).toEqual([0, 1, 2]);
  // Never two pieces without a turn of the loop between them.
  expect(started.join()).not.toMatch(/\d,\d/);
});

test("what is done goes before what has not begun", async () => {
  const queue = new FairQueue();
  const done: number[] = [];
  const begun: number[] = [];
  await Promise.all(
    Array.from({ length: 100 }, async (_, piece) => {
      await queue.next();
      begun.push(piece);
      await Promise.resolve();
      done.push(piece);
      expect(begun.length - done.length).toBeLessThan(2);
    }),
  );
  expect(done).toEqual(begun);
});

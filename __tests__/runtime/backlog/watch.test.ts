import { type Found, toData, waitingIn } from "../../../runtime/backlog/decide";
import type { WatchedConsumer } from "../../../runtime/backlog/spec";
import { BacklogWatch } from "../../../runtime/backlog/watch";

const of = (service: string): WatchedConsumer => ({
  service,
  stream: "ORDERS",
  consumer: service,
  api: "$JS.API",
  ecsService: `demo-core-${service}`,
});
const info = (num_pending: number, num_ack_pending = 0) => ({ num_pending, num_ack_pending });
const log = { warn: () => {}, info: () => {} };

/** A watch whose answers and clock are the test's. */
function world(tasks: Record<string, number> | Error = {}) {
  const answers: Record<string, unknown> = {};
  const published: object[][] = [];
  let now = 0;
  const watch = new BacklogWatch({
    watched: [of("bills"), of("mails")],
    ask: async (subject) => {
      const answer = answers[subject.slice(subject.lastIndexOf(".") + 1)];
      if (answer === undefined) throw new Error("nobody answers");
      return answer;
    },
    aws: {
      tasks: async () => {
        if (tasks instanceof Error) throw tasks;
        return new Map(Object.entries(tasks).map(([name, count]) => [`demo-core-${name}`, count]));
      },
      publish: async (data) => void published.push([...data]),
    },
    everyMs: 1000,
    log,
    now: () => now,
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { watch, answers, published, pass };
}

test("messages in hand wait too: a service that ended with them has to come back", () => {
  expect(waitingIn(info(3, 2))).toBe(5);
  expect(() => waitingIn({ error: { code: 404, description: "consumer not found" } })).toThrow("consumer not found");
  expect(() => waitingIn({ num_pending: 3 })).toThrow();
});

test("what is not known is told to nobody, and never as 0", () => {
  const found: Found[] = [
    { service: "known", waiting: 90, tasks: 3 },
    { service: "at-zero", waiting: 90, tasks: 0 },
    { service: "without-tasks", waiting: 90 },
    { service: "unknown", tasks: 3 },
  ];
  expect(toData(found)).toEqual([
    { service: "known", metric: "Backlog", value: 90 },
    { service: "known", metric: "BacklogPerTask", value: 30 },
    { service: "known", metric: "BacklogWithoutTask", value: 0 },
    { service: "at-zero", metric: "Backlog", value: 90 },
    { service: "at-zero", metric: "BacklogPerTask", value: 90 },
    { service: "at-zero", metric: "BacklogWithoutTask", value: 90 },
    { service: "without-tasks", metric: "Backlog", value: 90 },
  ]);
});

test("one consumer that cannot be read keeps no other from being counted, and is named", async () => {
  const { watch, answers, published } = world({ bills: 0, mails: 2 });
  answers.mails = info(10);
  await watch.round();
  expect(watch.counts().map(({ consumer, waiting }) => [consumer.service, waiting])).toEqual([["mails", 10]]);
  expect(watch.problems()).toEqual(["bills: ORDERS/bills: nobody answers"]);
  expect(published.flat()).toEqual([
    { service: "mails", metric: "Backlog", value: 10 },
    { service: "mails", metric: "BacklogPerTask", value: 5 },
    { service: "mails", metric: "BacklogWithoutTask", value: 0 },
  ]);
});

test("a count that was missed may be used for three rounds, and is not known after that", async () => {
  const { watch, answers, pass, published } = world();
  Object.assign(answers, { bills: info(7), mails: info(0) });
  await watch.round();
  delete answers.bills;
  pass(2500);
  await watch.round();
  expect(watch.counts()).toHaveLength(2);
  pass(1000);
  await watch.round();
  expect(watch.counts().map(({ consumer }) => consumer.service)).toEqual(["mails"]);
  // CloudWatch is told what is counted, not what was.
  expect(published.map((data) => data.length)).toEqual([2, 1, 1]);
});

test("what ECS does not say is a problem, and what waits is still told", async () => {
  const { watch, answers, published } = world(new Error("AccessDenied"));
  Object.assign(answers, { bills: info(7), mails: info(0) });
  await watch.round();
  expect(published.flat().map((datum) => (datum as { metric: string }).metric)).toEqual(["Backlog", "Backlog"]);
  expect(watch.problems()).toEqual(["ECS does not say how many tasks it wants: AccessDenied"]);
});

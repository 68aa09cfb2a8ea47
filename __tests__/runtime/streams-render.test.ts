import fc from "fast-check";
import { formatDuration, formatSize } from "../../model/config/units";
import { planStreams } from "../../runtime/streams/plan";
import { renderPlan } from "../../runtime/streams/render";
import { StreamSpec } from "../../runtime/streams/spec";
import { writtenValue } from "../../runtime/streams/written";
import { asFound } from "./streams-arbitraries";

const stream = (name: string, fields: object = {}) =>
  StreamSpec.parse({ name, subjects: [`${name.toLowerCase()}.>`], ...fields });

test("a plan reads like one of terraform", () => {
  const owner = "production";
  const plan = planStreams({
    owner,
    desired: [
      stream("ORDERS", { replicas: 3, consumers: [{ name: "worker" }] }),
      stream("BILLS", { maxMessages: 2 }),
      stream("SAME"),
      stream("MOVED", { storage: "memory" }),
      stream("THEIRS"),
    ],
    found: [
      asFound(stream("ORDERS"), owner),
      asFound(stream("BILLS"), owner, { messages: 5 }),
      asFound(stream("SAME"), owner),
      asFound(stream("MOVED"), owner, { messages: 1 }),
      asFound(stream("THEIRS"), undefined, { features: { no_ack: true } }),
      asFound(stream("OLD"), owner, { messages: 7 }),
    ],
  });
  expect(renderPlan(plan)).toMatchInlineSnapshot(`
"~   stream ORDERS: update
      replicas  1 -> 3

+   consumer ORDERS/worker: create
      ackPolicy      "explicit"
      deliverPolicy  "all"
      replayPolicy   "instant"
      ackWait        30s
      maxAckPending  1000

!   stream BILLS: data-loss
      maxMessages  0 -> 2
    the change would lose maxMessages: the oldest 3 of 5 messages. Allow it with --allow-data-loss BILLS

!   stream MOVED: recreate-refused
      storage  "file" -> "memory"
    storage: a stream cannot move between file and memory. Make a new one beside it and move readers and writers, or lose MOVED as it is with --allow-recreate MOVED
    would lose its 1 message

!   stream THEIRS: data-loss
      no_ack  true -> off
    it exists and was not made by natsform; the change would lose no_ack: it would be switched off, since a specification cannot express it. Allow it with --allow-data-loss THEIRS

?   stream OLD: orphan
    it is stamped as ours and no longer in the configuration; --allow-data-loss OLD deletes it
    would lose its 7 messages

Plan: 1 to create, 1 to update, 1 as desired, 1 no longer desired and left alone, 3 refused. Nothing will be applied."
`);
});

test("a plan that changes nothing says so", () => {
  const desired = [stream("ORDERS")];
  expect(renderPlan(planStreams({ owner: "x", desired, found: [asFound(stream("ORDERS"), "x")] }))).toBe(
    "Plan: 1 as desired. Nothing to do.",
  );
});

test("what is lost is said where it is allowed", () => {
  const found = [asFound(stream("OLD"), "x", { messages: 7 })];
  const text = renderPlan(planStreams({ owner: "x", desired: [], found, allowDataLoss: ["OLD"] }));
  expect(text).toContain("-   stream OLD: delete");
  expect(text).toContain("loses its 7 messages");
});

test.each([
  ["maxAgeMs", 2_592_000_000, "30d"],
  ["maxAgeMs", 0, "0"],
  ["duplicateWindowMs", 90_000, "90s"],
  ["backoffMs", [1000, 1500], "[1s, 1500ms]"],
  ["maxBytes", 64 * 2 ** 20, "64MiB"],
  ["maxBytes", 1001, "1001B"],
  ["maxMessages", 5, "5"],
  ["storage", "file", '"file"'],
])("%s of %j is written %s", (field, value, text) => {
  expect(writtenValue(field, value)).toBe(text);
});

test("as the configuration writes it", () => {
  const numbers = fc.oneof(
    fc.nat(),
    fc.nat(400).map((days) => days * 86_400_000),
    fc.nat(4096).map((mib) => mib * 2 ** 20),
  );
  fc.assert(
    fc.property(
      numbers.filter((number) => number > 0),
      (number) => {
        expect(writtenValue("maxAgeMs", number)).toBe(formatDuration(number));
        expect(writtenValue("maxBytes", number)).toBe(formatSize(number));
      },
    ),
  );
});

import fc from "fast-check";
import { z } from "zod";
import { StreamSpec } from "../../runtime/streams/spec";
import { SUBJECT, subjectsCollide } from "../../runtime/streams/subjects";

const problems = (stream: object) => {
  const { error } = StreamSpec.safeParse({ name: "ORDERS", subjects: ["orders.>"], ...stream });
  return error ? z.prettifyError(error) : "";
};
const consumer = (fields: object) => ({ consumers: [{ name: "worker", ...fields }] });

test("`*` is one token and `>` is one or more", () => {
  expect(subjectsCollide("global.*", "global.user.registered")).toBe(false);
  expect(subjectsCollide("global.>", "global.user.registered")).toBe(true);
  expect(subjectsCollide("global.>", "global")).toBe(false);
  expect(subjectsCollide("cross.*.no", "cross.dk.*")).toBe(true);
  expect(subjectsCollide("cross.*.no", "cross.dk.se")).toBe(false);
});

const token = fc.constantFrom("a", "b", "c");
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant("*")), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, open]) => [...tokens, ...(open ? [">"] : [])].join("."));

/** NATS subject matching, written as a regular expression. */
const matches = (subject: string, filter: string) =>
  new RegExp(`^${filter.replaceAll(".", "\\.").replaceAll("*", "[^.]+").replace(/>$/, ".+")}$`).test(subject);

const longer = (subjects: string[]) =>
  subjects.flatMap((subject) => ["a", "b", "c"].map((next) => `${subject}.${next}`));
/** Every subject of one to five tokens. */
const subjects: string[] = [];
for (let level = ["a", "b", "c"]; level.length <= 3 ** 5; level = longer(level)) subjects.push(...level);

test("two subjects collide exactly when some message matches both", () => {
  fc.assert(
    fc.property(pattern, pattern, (one, two) => {
      expect(subjectsCollide(one, two)).toBe(
        subjects.some((subject) => matches(subject, one) && matches(subject, two)),
      );
      expect(subjectsCollide(two, one)).toBe(subjectsCollide(one, two));
    }),
  );
});

test("wildcards are whole tokens and `>` is the last", () => {
  for (const right of ["a", "a.*", "*.a", "a.>", "a.b-c.ü"]) expect(right).toMatch(SUBJECT);
  for (const wrong of ["", ">", ".a", "a.", "a..b", "a.b*", "a.>.b", "a b", "a.>>"]) expect(wrong).not.toMatch(SUBJECT);
});

test("a stream needs a name and subjects; everything else has the default of nats-server or a safer one", () => {
  expect(StreamSpec.parse({ name: "ORDERS", subjects: ["orders.>"] })).toMatchInlineSnapshot(`
{
  "allowDirect": true,
  "allowRollup": false,
  "compression": "none",
  "consumers": [],
  "denyDelete": false,
  "denyPurge": false,
  "discard": "old",
  "maxAgeMs": 0,
  "maxBytes": 0,
  "maxMessageBytes": 0,
  "maxMessages": 0,
  "maxMessagesPerSubject": 0,
  "metadata": {},
  "name": "ORDERS",
  "placementTags": [],
  "replicas": 1,
  "retention": "limits",
  "storage": "file",
  "subjects": [
    "orders.>",
  ],
}
`);
});

test.each([
  ["a lower-case name", { name: "orders" }, "UPPER_SNAKE"],
  ["an unknown key", { persistMode: "async" }, "persistMode"],
  ["no subject", { subjects: [] }, "subjects"],
  ["the subjects of nats-server", { subjects: ["$JS.API.>"] }, "nats-server itself"],
  ["subjects that overlap each other", { subjects: ["orders.*", "orders.new"] }, "stored twice"],
  ["a duplicate window beyond the age", { maxAgeMs: 1000, duplicateWindowMs: 2000 }, "must not exceed maxAgeMs (1000)"],
  ["roll-ups without purge", { allowRollup: true, denyPurge: true }, "denyPurge forbids"],
  ["our own metadata", { metadata: { "natsform.environment": "x" } }, "are taken"],
  ["six replicas", { replicas: 6 }, "replicas"],
  ["a consumer twice", { consumers: [{ name: "worker" }, { name: "worker" }] }, "there twice"],
  ["a filter outside the stream", consumer({ filterSubjects: ["invoices.>"] }), "matches nothing that ORDERS stores"],
  ["overlapping filters", consumer({ filterSubjects: ["orders.*", "orders.new"] }), "overlaps another filter"],
  ["last per subject without a filter", consumer({ deliverPolicy: "last_per_subject" }), "needs a filter"],
  ["more replicas than the stream", consumer({ replicas: 3 }), "must not exceed the stream's 1"],
  ["fewer in an interest stream", { replicas: 3, retention: "interest", ...consumer({ replicas: 1 }) }, "must equal"],
  ["a work queue without acknowledgement", { retention: "workqueue", ...consumer({ ackPolicy: "none" }) }, "explicit"],
  ["a work queue from now on", { retention: "workqueue", ...consumer({ deliverPolicy: "new" }) }, "delivers all"],
  ["two consumers of one work", { retention: "workqueue", consumers: [{ name: "a" }, { name: "b" }] }, "one consumer"],
])("%s is refused", (_, stream, message) => {
  expect(problems(stream)).toContain(message);
});

test("every problem is reported at once", () => {
  const text = problems({ name: "orders", replicas: 9, storage: "disk" });
  for (const field of ["name", "replicas", "storage"]) expect(text).toContain(`at ${field}`);
});

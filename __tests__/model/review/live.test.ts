import { type LiveCluster, type LiveStream, review } from "../../../model/review";
import { deletedBy, sizeText } from "../../../model/review/live";
import { reviewLines } from "../../../templates/review";
import type { Changes } from "../../support/lint-environment";
import { inputOf } from "../../support/review-input";

const GiB = 2 ** 30;
const at = "2026-11-30T00:00:00.000Z";
const orders: LiveStream = {
  ...{ account: "APP", name: "ORDERS", messages: 1000, bytes: 41 * GiB, behind: [] },
  ...{ firstAt: "2026-11-23T00:00:00.000Z", lastAt: at },
};
const core: LiveCluster = {
  cluster: "core",
  at,
  servers: ["core-0", "core-1", "core-2"].map((name) => ({ name, said: { version: "2.15.2", connections: 7 } })),
  streams: [orders],
};
const large: Changes = { "streams[0].maxBytes": "45GiB" };
const reviewed = (to: Changes, live: LiveCluster = core) =>
  review(inputOf(large, { ...large, ...to }, { live: [live] }));
const shorter: Changes = { "streams[0].maxAge": "1d" };

test("a shorter age of a stream says how much of it is deleted, and when servers were asked", () => {
  const found = reviewed(shorter);
  expect(found).toMatchObject({ verdict: "block", depth: "live" });
  expect(found.reasons.find(({ rule }) => rule === "data-lost")?.message).toBe(
    "ORDERS loses messages older than 1d: this stream is 41 GiB now, and about 35.1 GiB of it are deleted at once",
  );
  const text = reviewLines(found).join("\n");
  expect(text).toContain("Judged by the repository and what servers say now, without Terraform.");
  expect(text).toContain(`core | ${at} | ORDERS of APP | 1000 messages, 41 GiB, every copy current`);
  expect(text).not.toContain("nobody asked them");
});

test("what is beyond a limit is counted by what is beyond it", () => {
  const day = 86_400_000;
  const cases: [Parameters<typeof deletedBy>[1], ReturnType<typeof deletedBy>][] = [
    [{ maxAgeMs: 8 * day }, undefined],
    [{ maxBytes: 40 * GiB }, { bytes: GiB, about: false }],
    [{ maxMessages: 500 }, { bytes: 20.5 * GiB, about: true }],
    // The limit that deletes most decides: what it deletes, others need not.
    [
      { maxBytes: 40 * GiB, maxMessages: 500 },
      { bytes: 20.5 * GiB, about: true },
    ],
    [{}, undefined],
  ];
  for (const [limits, deleted] of cases) expect(deletedBy(orders, limits, at)).toEqual(deleted);
  const old = { ...orders, lastAt: "2026-11-24T00:00:00.000Z" };
  expect(deletedBy(old, { maxAgeMs: day }, at)).toEqual({ bytes: 41 * GiB, about: false });
  const empty = { ...orders, bytes: 0, messages: 0, firstAt: undefined, lastAt: undefined };
  expect(deletedBy(empty, { maxAgeMs: day }, at)).toBeUndefined();
  expect([0, 1023, 1024, 41 * GiB, 1.5 * 2 ** 50].map(sizeText)).toEqual([
    "0 B",
    "1023 B",
    "1 KiB",
    "41 GiB",
    "1536 TiB",
  ]);
});

const restart: Changes = { "nats.metadata": { a: "b" } };
const away: LiveCluster = { ...core, servers: core.servers.map((one, i) => (i === 1 ? { name: one.name } : one)) };
const late: LiveCluster = {
  ...core,
  streams: [{ ...orders, behind: [{ server: "core-2", lag: 12 }, { server: "core-1" }] }],
};

test.each([
  ["one does not answer", away, "core-1 does not answer"],
  ["copies are behind", late, "core-2 is 12 behind in ORDERS; core-1 has no copy of ORDERS"],
])("servers are not to restart while %s", (_, live, message) => {
  const rule = "servers-not-whole";
  expect(reviewed(restart, live).reasons).toContainEqual(expect.objectContaining({ rule, verdict: "block", message }));
  const rulesOf = (to: Changes, now: LiveCluster) => reviewed(to, now).reasons.map((reason) => reason.rule);
  expect(rulesOf(restart, core)).not.toContain(rule);
  // Nobody restarts for another description.
  expect(rulesOf({ "streams[0].description": "orders" }, live)).not.toContain(rule);
});

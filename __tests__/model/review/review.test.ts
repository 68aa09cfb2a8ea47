import { isEmptyReview, review, reviewExitCode, type Verdict } from "../../../model/review";
import type { Changes } from "../../support/lint-environment";
import { inputOf } from "../../support/review-input";

const reviewed = (from: Changes, to: Changes) => review(inputOf(from, to));
const rulesOf = (from: Changes, to: Changes) => {
  const { verdict, reasons } = reviewed(from, to);
  return [verdict, [...new Set(reasons.map(({ rule }) => rule))].sort()] as const;
};

const key = "streams[0]";
const editor = "identity.permissions[1].publish.allow";

test.each<[string, Changes, Changes, Verdict, string[]]>([
  ["nothing", {}, {}, "allow", []],
  ["a description", {}, { [`${key}.description`]: "orders" }, "allow", []],
  ["a longer age", {}, { [`${key}.maxAge`]: "8d" }, "allow", []],
  ["a larger message, which servers reload", {}, { "nats.maxPayload": "2MiB" }, "allow", []],
  ["a shorter age", {}, { [`${key}.maxAge`]: "1d" }, "block", ["data-lost"]],
  ["fewer replicas", {}, { [`${key}.replicas`]: 1 }, "block", ["data-lost", "few-replicas-not-durable", "stream-r1"]],
  ["a stream that is taken out", {}, { streams: [] }, "acknowledge", ["stream-abandoned"]],
  ["another domain", {}, { "clusters.core.jetstream.domain": "other" }, "block", ["not-in-one-step"]],
  [
    "an older server",
    { "nats.version": "2.15.2" },
    { "nats.version": "2.14.5" },
    "block",
    ["image-of-other-version", "servers-downgraded"],
  ],
  [
    "one server of one restarts",
    { "clusters.edge.size": 1, "clusters.edge.leafOf": { cluster: "core" } },
    { "clusters.edge.size": 1, "clusters.edge.leafOf": { cluster: "core" }, "nats.metadata": { a: "b" } },
    "acknowledge",
    ["cluster-out-of-reach"],
  ],
  ["a right more", {}, { [editor]: ["news.>", "sport.>"] }, "acknowledge", ["rights-gained"]],
  ["a right less", {}, { [editor]: ["news.a"] }, "acknowledge", ["rights-lost"]],
  [
    "everything",
    {},
    { [editor]: [">"] },
    "block",
    ["acknowledged-anywhere", "grant-everything", "rights-gained-widely"],
  ],
  ["the same rights in another order", { [editor]: ["a.>", "b.>"] }, { [editor]: ["b.>", "a.>"] }, "allow", []],
  ["the same rights said twice", { [editor]: ["a.>"] }, { [editor]: ["a.b", "a.>"] }, "allow", []],
  [
    "tokens of another tenant",
    {},
    { "identity.oidc.issuer": "https://other.eu.auth0.com/" },
    "block",
    ["login-changed", "rights-gained", "rights-lost"],
  ],
  ["protection", {}, { deletionProtection: false }, "block", ["protection-removed"]],
  ["the backup", {}, { "clusters.core.backup": undefined }, "block", ["backup-missing", "backup-taken-out"]],
  ["the place of backups", {}, { "clusters.core.backup.to": "s3://other/core" }, "acknowledge", ["backup-changed"]],
  ["the backend", {}, { backend: { kind: "gcs", bucket: "states" } }, "block", ["backend-changed"]],
  [
    "the name that clients dial",
    {},
    { "clusters.core.platform.domain": "new.example.com" },
    "block",
    ["names-changed"],
  ],
])("%s", (_, from, to, verdict, rules) => {
  expect(rulesOf(from, to)).toEqual([verdict, rules]);
});

test("exit codes tell nothing, something and what is not to be applied", () => {
  const [nothing, something, blocked] = [
    reviewed({}, {}),
    reviewed({}, { "nats.maxPayload": "2MiB" }),
    reviewed({}, { deletionProtection: false }),
  ];
  expect([nothing, something, blocked].map(isEmptyReview)).toEqual([true, false, false]);
  expect([[nothing], [nothing, something], [something, blocked]].map(reviewExitCode)).toEqual([0, 2, 3]);
});

describe("acknowledgements", () => {
  const accept = [
    {
      rule: "data-lost",
      at: "streams.ORDERS.maxAgeMs",
      reason: "the orders are in the archive",
      expires: "2027-01-01",
    },
  ];
  const shorter = { [`${key}.maxAge`]: "1d" };

  test("of before count", () => {
    const { verdict, accepted, reasons } = reviewed({ acknowledge: accept }, { acknowledge: accept, ...shorter });
    expect({ verdict, reasons, accepted: accepted.map(({ rule }) => rule) }).toEqual({
      verdict: "allow",
      reasons: [],
      accepted: ["data-lost"],
    });
  });

  test("that the change brings accept nothing, and are shown", () => {
    const { verdict, brought, reasons } = reviewed({}, { acknowledge: accept, ...shorter });
    expect(verdict).toBe("block");
    expect(brought).toHaveLength(1);
    expect(reasons.map(({ rule }) => rule)).toEqual(["data-lost", "acknowledgement-brought"]);
  });

  test("that the change takes out, or lets end later, no longer count", () => {
    expect(reviewed({ acknowledge: accept }, shorter).verdict).toBe("block");
    const later = accept.map((one) => ({ ...one, expires: "2027-02-01" }));
    expect(reviewed({ acknowledge: accept }, { acknowledge: later, ...shorter }).verdict).toBe("block");
  });

  test("that have ended no longer count", () => {
    const ended = accept.map((one) => ({ ...one, expires: "2026-11-30" }));
    expect(reviewed({ acknowledge: ended }, { acknowledge: ended, ...shorter }).verdict).toBe("block");
  });

  test("of lint by the change itself are for somebody to say", () => {
    const wide = { [editor]: ["$KV.>"] };
    const own = [{ rule: "rights-gained-widely", reason: "it was tried on the twin", expires: "2027-01-01" }];
    expect(reviewed({}, { acknowledge: own, ...wide }).verdict).toBe("block");
  });

  test("nothing accepts what no single step leads to", () => {
    const all = [{ rule: "not-in-one-step", reason: "we know what we are doing", expires: "2027-01-01" }];
    const to = { acknowledge: all, "clusters.core.jetstream.domain": "other" };
    expect(reviewed({ acknowledge: all }, to).verdict).toBe("block");
  });
});

test("every peer renamed is a cluster of ghosts", () => {
  const hosts = (names: string[]) =>
    names.map((name, i) => ({
      name,
      address: `192.0.2.${i + 1}`,
      meshAddress: `10.9.0.${i + 1}`,
      tags: [`zone:${i}`],
    }));
  const named = (...names: string[]): Changes => ({ "clusters.mesh.platform.hosts": hosts(names) });
  const [from, to] = [named("dk", "no", "se"), named("denmark", "norway", "sweden")];
  const { verdict, reasons } = reviewed(from, to);
  const found = reasons.find(({ rule }) => rule === "peers-renamed");
  expect([verdict, found?.message]).toEqual([
    "block",
    "3 new peers and 3 ghosts: the meta group of 6 needs 4, and 3 are there",
  ]);
});

test("steps say in order who notices, and which streams answer", () => {
  const { steps } = reviewed(
    { [`${key}.replicas`]: 1 },
    {
      [`${key}.replicas`]: 1,
      [`${key}.maxAge`]: "8d",
      "clusters.core.jetstream.file": "60GiB",
      "nats.maxConnections": 70_000,
    },
  );
  expect(steps.map(({ when }) => when)).toContain("servers of core");
  const at = (when: string) => steps.findIndex((step) => step.when === when);
  expect(at("servers of core")).toBeLessThan(at("streams"));
});

test("volumes of a claim template change in no deployment, and how they do is said", () => {
  const storage = (file: string): Changes => ({ "clusters.edge.jetstream.file": file });
  const found = (to: Changes) => reviewed(storage("10GiB"), to).reasons.filter(({ rule }) => rule === "claims-change");
  expect(found(storage("10GiB"))).toEqual([]);
  expect(found(storage("20GiB"))).toMatchObject([
    { at: "clusters.edge.jetstream.file", verdict: "block", fix: expect.stringContaining("Volumes grow") },
  ]);
});

test("who is not known any more no longer gets in", () => {
  const { reasons } = reviewed({}, { "identity.services": {} });
  expect(reasons.find(({ rule }) => rule === "rights-lost")?.message).toBe("service api in APP no longer gets in");
});

test("keys that are replaced without overlap block", () => {
  const trust = { changed: ["trust.issuer"], withoutOverlap: ["trust.issuer"] };
  expect(review(inputOf({}, {}, { trust })).verdict).toBe("block");
  expect(review(inputOf({}, {}, { trust: { ...trust, withoutOverlap: [] } })).verdict).toBe("acknowledge");
});

test("a lock file that changes is for somebody to say, an unreadable revision too", () => {
  const verdictOf = (more: object) => review(inputOf({}, {}, more)).verdict;
  expect(verdictOf({ files: ["README.md", "nats/package-lock.json"] })).toBe("acknowledge");
  expect(verdictOf({ files: ["README.md"] })).toBe("allow");
  expect(review(inputOf({}, {}, { before: undefined, unreadable: "3 errors" })).reasons).toMatchObject([
    { rule: "before-unreadable", cannotTell: true, verdict: "acknowledge" },
  ]);
});

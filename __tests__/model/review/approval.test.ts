import { beyondApproval, nothingPlanned, type ResourceChange, readPlan, type StackReview } from "../../../model/review";

const change = (address: string, more: Partial<ResourceChange> = {}): ResourceChange => ({
  ...{ address, type: "aws_s3_object", action: "changed" as const },
  differences: [{ path: "source_hash", from: "a", to: "b" }],
  ...more,
});
const plan = (changes: ResourceChange[], more: Partial<StackReview> = {}): StackReview => ({
  ...nothingPlanned("core"),
  ...{ changes, ...more },
});
const approved = plan([change("object.a"), change("object.b", { action: "destroyed", differences: [] })]);

test("the plan that was approved is one, in any order, and so is one of which nothing is left", () => {
  expect(beyondApproval(approved, plan([...approved.changes].reverse()))).toEqual([]);
  expect(beyondApproval(approved, plan([]))).toEqual([]);
  expect(beyondApproval(undefined, plan([]))).toEqual([]);
});

test.each<[string, StackReview, string[]]>([
  [
    "another resource",
    plan([...approved.changes, change("object.c")]),
    ["object.c is to be changed, which was not approved"],
  ],
  [
    "another action",
    plan([change("object.a", { action: "destroyed" }), ...approved.changes.slice(1)]),
    ["object.a is to be destroyed, and changed was approved"],
  ],
  [
    "another value",
    plan([
      change("object.a", { differences: [{ path: "source_hash", from: "a", to: "c" }] }),
      ...approved.changes.slice(1),
    ]),
    ["object.a: what becomes of source_hash is not what was approved"],
  ],
  [
    "another attribute, and a replacement that it forces",
    plan([
      change("object.a", {
        differences: [
          { path: "source_hash", from: "a", to: "b", forces: true },
          { path: "key", from: "x", to: "y" },
        ],
      }),
      ...approved.changes.slice(1),
    ]),
    ["object.a: what becomes of key, source_hash is not what was approved"],
  ],
  [
    "another address of what it was",
    plan([change("object.a", { movedFrom: "object.z" }), ...approved.changes.slice(1)]),
    ["object.a: what becomes of its address is not what was approved"],
  ],
  ["less", plan(approved.changes.slice(0, 1)), ["object.b was to be destroyed, and is not any more"]],
  [
    "a left-over of the same address",
    plan([...approved.changes, change("object.a", { deposed: "12ab", action: "destroyed" })]),
    ["object.a (deposed 12ab) is to be destroyed, which was not approved"],
  ],
  ["what Terraform puts off", plan([...approved.changes], { deferred: 2 }), ["Terraform puts off 2 resources"]],
])("%s is not what was approved", (_, planned, sentences) => {
  expect(beyondApproval(approved, planned)).toEqual(sentences.map((sentence) => `core: ${sentence}`));
});

test("what nobody saw a plan of was not approved", () => {
  const planned = plan([change("object.a")]);
  expect(beyondApproval(undefined, planned)).toEqual(["core is not in what was approved"]);
  expect(beyondApproval({ ...nothingPlanned("core"), after: "foundation" }, planned)).toEqual([
    "core was to be planned after foundation, and nobody saw its plan",
  ]);
  expect(beyondApproval({ ...nothingPlanned("core"), missing: "it is locked" }, planned)).toEqual([
    "nobody saw a plan of core: it is locked",
  ]);
});

describe("values that a report does not show", () => {
  const read = (after: object, more: object = {}, before: object | null = null) =>
    readPlan(
      {
        resource_changes: [
          {
            ...{ address: "aws_x.a", type: "aws_x", mode: "managed" },
            change: { actions: [before ? "update" : "create"], before, after, ...more },
          },
        ],
      },
      "core",
    );
  /** As an approval has them: they were a file meanwhile. */
  const kept = (stack: StackReview) => JSON.parse(JSON.stringify(stack)) as StackReview;
  const beyond = (was: StackReview, is: StackReview) => beyondApproval(kept(was), is);
  const other = (paths: string) => [`core: aws_x.a: what becomes of ${paths} is not what was approved`];

  test("are approved too: those of what is made", () => {
    const was = read({ policy: "narrow", tags: { a: "1" }, list: ["x"] });
    expect(beyond(was, read({ policy: "narrow", tags: { a: "1" }, list: ["x"] }))).toEqual([]);
    expect(beyond(was, read({ policy: "wide", tags: { a: "1" }, list: ["x"] }))).toEqual(other("policy"));
    expect(beyond(was, read({ policy: "narrow", tags: { a: "1", b: "2" }, list: ["x", "y"] }))).toEqual(
      other("list.1, tags.b"),
    );
    expect(beyond(was, read({ policy: "narrow", tags: {} }))).toEqual(other("list.0, tags, tags.a"));
  });

  test("and the rest of those that are cut", () => {
    const long = "x".repeat(300);
    const was = read({ text: `${long}narrow` }, {}, { text: "" });
    expect(beyond(was, read({ text: `${long}narrow` }, {}, { text: "" }))).toEqual([]);
    expect(beyond(was, read({ text: `${long}stolen` }, {}, { text: "" }))).toEqual(other("text"));
  });

  test("but for what nobody could know, and what it keeps", () => {
    const was = read({ name: "a", kept: 1 }, { after_unknown: { arn: true, block: [{ id: true }] } }, { kept: 1 });
    expect(beyond(was, read({ name: "a", arn: "arn:1", block: [{ id: "i" }], kept: 1 }, {}, { kept: 1 }))).toEqual(
      other("arn, block.0.id"),
    );
    const made = read({ name: "a" }, { after_unknown: { arn: true, block: [{ id: true }] } });
    expect(beyond(made, read({ name: "a", arn: "arn:1", block: [{ id: "i" }] }))).toEqual([]);
    expect(beyond(made, read({ name: "b", arn: "arn:1", block: [{ id: "i" }] }))).toEqual(other("name"));
    expect(beyond(read({ n: 1, seen: 1 }, {}, { seen: 1 }), read({ n: 1, seen: 2 }, {}, { seen: 2 }))).toEqual([]);
  });

  test("and secrets, which no digest tells", () => {
    const secret = (value: string) => read({ p: value, url: `x://${value}` }, { after_sensitive: { p: true } });
    expect(secret("first-secret").changes[0]?.digests).toEqual(secret("other-secret").changes[0]?.digests);
  });
});

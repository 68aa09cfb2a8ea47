import { resolve } from "node:path";
import { examples } from "../../docs/examples/changes";
import { isRefused, plannedReview, sourceReview } from "../../docs/examples/review";
import type { Review } from "../../model/review";
import { countsOf } from "../../templates/review";

const root = resolve(__dirname, "../..");
const of = (id: string) => examples.find((one) => one.id === id) as (typeof examples)[number];
const rulesOf = ({ reasons }: Review) => [...new Set(reasons.map(({ rule }) => rule))];

/** Verdict, and the rules that stand against it: from the repository, and those that plans add. */
const expected: [id: string, verdict: Review["verdict"], rules: string[], more: string[]][] = [
  ["described", "allow", [], []],
  ["larger-messages", "acknowledge", ["payload-large"], []],
  ["more-processors", "allow", [], []],
  ["five-servers", "allow", [], []],
  ["shorter-age", "block", ["data-lost"], []],
  ["stream-taken-out", "acknowledge", ["stream-abandoned", "rights-lost"], []],
  ["everything-for-editors", "block", ["rights-gained-widely", "grant-everything"], []],
  ["older-server", "block", ["servers-downgraded"], []],
  ["other-bucket", "acknowledge", ["backup-changed"], []],
  ["another-domain", "block", ["names-changed"], ["holder-destroyed", "planned-later"]],
];

test("each of ten changes is an example", () => {
  expect(expected.map(([id]) => id)).toEqual(examples.map(({ id }) => id));
  expect(examples).toHaveLength(10);
});

test.each(expected)(
  "%s is judged from the repository, and with the plans that Terraform made of it",
  (id, verdict, rules, more) => {
    const [source, planned] = [sourceReview(of(id)), plannedReview(root, of(id))];
    expect([source.verdict, rulesOf(source)]).toEqual([verdict, rules]);
    // What lint refuses is never synthesized: there is nothing to plan.
    expect([id, planned === undefined]).toEqual([id, isRefused(of(id))]);
    if (!planned) return;
    expect([planned.depth, planned.verdict]).toEqual(["plan", verdict]);
    expect(rulesOf(planned).filter((rule) => !rules.includes(rule))).toEqual(more);
    expect(rulesOf(planned)).toEqual(expect.arrayContaining(rules));
  },
);

test("what Terraform does to servers is counted so that destruction shows, and called by its place in the code", () => {
  const [stack] = (plannedReview(root, of("more-processors"))?.stacks ?? []).filter(
    ({ changes }) => changes.length > 0,
  );
  if (!stack) throw new Error("no plan");
  expect(countsOf(stack)).toBe("3 replaced, with a gap = 3 destroyed + 3 made, 3 changed");
  expect(stack.rolled).toEqual(["demo-core-0", "demo-core-1", "demo-core-2"]);
  expect(stack.changes.map(({ construct }) => construct)).toContain("servers/core-0/task/definition");
});

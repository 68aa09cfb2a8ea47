import { runsAgain } from "../../cli/deploy/kubernetes/drifted-streams";
import type { Action, ActionKind } from "../../runtime/streams/action";

const plan = (...kinds: ActionKind[]): Action[] =>
  kinds.map((kind) => ({ kind, stream: "ORDERS", changes: [], reason: "" }));

test.each<[string, Action[], boolean | undefined]>([
  ["streams as they are wanted", plan("no-change"), undefined],
  ["one that is wanted no longer", plan("no-change", "orphan"), undefined],
  ["one that somebody deleted", plan("create", "no-change"), true],
  ["one that somebody changed", plan("update"), true],
  ["one whose way back would lose data", plan("data-loss"), false],
  ["one of them, beside another one that could be put right", plan("update", "recreate-refused"), false],
  ["one that belongs to somebody else", plan("conflict"), false],
])("a Job that is done, and %s", (_, actions, again) => {
  expect(runsAgain(actions)).toBe(again);
});

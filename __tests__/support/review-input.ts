import type { Environment } from "../../model/config";
import { lint } from "../../model/lint";
import { type ReviewInput, type ReviewSide, reviewRules } from "../../model/review";
import { buildTopology } from "../../model/topology";
import { planChange } from "../../templates";
import { type Changes, changed, parsed } from "./lint-environment";

export const today = "2026-11-30";

type Linted = ReviewSide & { environment: Environment };

const sideWith = (changes: Changes): Linted => {
  const environment = parsed(changed(changes));
  return { environment, topology: buildTopology(environment) };
};

/** A review's input from changes of one base environment, as the command line makes it. */
export function inputOf(from: Changes, to: Changes, more: Partial<ReviewInput> = {}): ReviewInput {
  const [before, after] = [sideWith(from), sideWith(to)];
  const linted = ({ environment, topology }: Linted) =>
    lint(
      environment,
      topology,
      today,
      reviewRules.map(({ id }) => id),
    );
  const [old, now] = [linted(before), linted(after)];
  return {
    name: "lint",
    before,
    after,
    change: planChange(before.topology, after.topology),
    findings: { before: [...old.findings, ...old.acknowledged], after: now.findings, accepted: now.acknowledged },
    files: [],
    today,
    ...more,
  };
}

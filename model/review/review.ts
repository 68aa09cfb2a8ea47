import { isSame } from "../change";
import { changesNothing } from "../change/model";
import { type Acknowledgement, type Finding, judge, rules as lintRules, type RuleInfo, runRules } from "../lint";
import { doorChanges } from "./doors";
import type { Reason, Review, ReviewInput, StackReview, Verdict } from "./model";
import { widePolicies } from "./plan/policies";
import { planRules } from "./plan/rules";
import { gainedGrants, reviewRules } from "./rules";
import { stepsOf } from "./steps";

/**
 * Reviews the change of one environment: what happens, and whether it is to be applied. Pure: the same input gives the same
 * review.
 *
 * Acknowledgements count that are in both revisions. One that the change itself brings accepts nothing: else a change
 * would approve itself.
 */
export function review(input: ReviewInput): Review {
  const { name, before, after, change, findings, stacks } = input;
  const [held, proposed] = [before?.environment.acknowledge ?? [], after?.environment.acknowledge ?? []];
  const standing = input.accepted ?? proposed.filter((one) => held.some((other) => isSame(one, other)));
  const brought = input.accepted ? [] : proposed.filter((one) => !standing.includes(one));
  const known = everyRule.map(({ id }) => id);
  const elsewhere = lintRules.map(({ id }) => id);
  const found = [...runRules(reviewRules, input), ...(stacks ?? []).flatMap((stack) => stack.findings)];
  // Unused acknowledgements are no fault here: what they accept need not be in this change.
  const judged = judge(found, standing, { known, elsewhere }, input.today);
  const open = judged.findings.filter(({ rule }) => !rule.startsWith("acknowledgement-"));
  const reasons = [
    ...open.map(asReason),
    ...newFindings(findings, brought).map(asReason),
    ...(stacks ?? []).flatMap(unplanned),
    ...(before ? brought.map(asBrought) : []),
  ].sort((a, b) => weight[b.verdict] - weight[a.verdict]);
  return {
    environment: name,
    depth: input.live ? "live" : stacks ? "plan" : "source",
    verdict: reasons[0]?.verdict ?? "allow",
    reasons,
    accepted: judged.acknowledged,
    brought,
    isNew: before === undefined && after !== undefined,
    isRemoved: before !== undefined && after === undefined,
    steps: stepsOf(input),
    change,
    gained: gainedGrants(input),
    doors: doorChanges(before?.topology, after?.topology),
    stacks: stacks ?? [],
    live: input.live ?? [],
    notChecked: notChecked(input),
  };
}

/** Every rule that an acknowledgement may name, but for those of lint. */
export const everyRule: readonly RuleInfo[] = [...reviewRules, ...planRules, widePolicies];

const weight: Readonly<Record<Verdict, number>> = { allow: 0, acknowledge: 1, block: 2 };

const asReason = (finding: Finding): Reason => ({
  ...finding,
  verdict: finding.severity === "error" ? "block" : "acknowledge",
});

/** What lint finds now and did not find before; what the change itself acknowledges is for somebody to say. */
function newFindings(
  { before, after, accepted }: ReviewInput["findings"],
  brought: readonly Acknowledgement[],
): Finding[] {
  const isOld = (finding: Finding) => before.some((old) => old.rule === finding.rule && old.at === finding.at);
  const byItself = accepted.filter(({ reason, expires }) =>
    brought.some((one) => one.reason === reason && one.expires === expires),
  );
  return [
    ...after.filter((finding) => !isOld(finding)),
    ...byItself
      .filter((finding) => !isOld(finding))
      .map(({ reason: _, expires: __, ...finding }): Finding => ({ ...finding, severity: "warning" })),
  ];
}

const asBrought = ({ rule, at, reason, expires }: Acknowledgement): Reason => ({
  rule: "acknowledgement-brought",
  severity: "warning",
  verdict: "acknowledge",
  at: "acknowledge",
  message: `the change accepts "${rule}"${at === undefined ? "" : ` at ${at}`} until ${expires}: ${reason}`,
  fix: "it counts once it is merged: see whether the reason is a good one",
});

/** What is not planned is never allowed: nobody has seen it. */
const unplanned = ({ stack, after, missing, deferred }: StackReview): Reason[] => [
  ...(after === undefined
    ? []
    : [later(stack, `it is planned after ${after}`, `apply ${after}, and review ${stack} then`)]),
  ...(missing === undefined ? [] : [later(stack, missing, `plan ${stack}, and review it with its plan`)]),
  ...(deferred === 0
    ? []
    : [
        later(
          stack,
          `${deferred} of its resources are planned once this plan is applied`,
          "apply, and review the rest then",
        ),
      ]),
];

const later = (at: string, message: string, fix: string): Reason => ({
  ...{ rule: "planned-later", severity: "warning", verdict: "acknowledge", cannotTell: true },
  ...{ at, message, fix },
});

const notChecked = ({ stacks, foreign, live }: ReviewInput): string[] => [
  ...(foreign ? ["what it does to NATS: no stack of natsform made this plan"] : []),
  ...(stacks ?? []).flatMap(({ changes }) =>
    changes.flatMap(({ address, notRendered }) =>
      notRendered === undefined ? [] : [`objects of ${address}: ${notRendered}`],
    ),
  ),
  ...(stacks ? [] : ["what Terraform would do: this review read the repository alone"]),
  ...(stacks ?? []).flatMap(({ unsent }) =>
    unsent.map(
      (name) => `whether ${name} is another one: it is write-only, and as its version stays it will not be sent`,
    ),
  ),
  live
    ? "certificates that servers show, and whether clients that are connected come back"
    : "how much is stored, and how healthy servers are: nobody asked them",
];

/** True when nothing at all happens. */
export const isEmptyReview = ({ change, stacks, reasons, doors, gained }: Review): boolean =>
  changesNothing(change) &&
  [reasons, doors, gained].every((list) => list.length === 0) &&
  stacks.every(({ changes }) => changes.length === 0);

/** Exit code of a review: 0 nothing, 2 something happens or is to be acknowledged, 3 it is not to be applied. */
export const reviewExitCode = (reviews: readonly Review[]): 0 | 2 | 3 =>
  reviews.some(({ verdict }) => verdict === "block") ? 3 : reviews.every(isEmptyReview) ? 0 : 2;

import type { PlannedStack } from "../../model/topology";
import { counted } from "../core/counted";
import type { Host } from "../core/host";
import { confirmed, runStep, runSteps } from "../core/steps";
import { assertApproved } from "./approval";
import { agreeOnChange, showChange } from "./change";
import { drivers } from "./drivers";
import { applyEmulated, emulatedEvents } from "./emulated";
import { endCheck } from "./end-check";
import { type RecordedAuthorities, recordDeployedAuthorities, synthesizedAgain } from "./exchange-authorities";
import { explained } from "./explained";
import type { StackPlan } from "./plan";
import { agreeOnLeft, removeLeft, showLeft } from "./remove-left";
import { type EarlyPlans, emulatedPlans, plansOf, planWithDrift, showPlan } from "./show-plan";
import { type Applied, allOutputs, type DeployResult, describeTarget, newResult, stacksFor } from "./steps";
import { survey } from "./survey";
import type { DeployTarget } from "./target";
import { refuseBlocked, reviewDeployment, reviewStack, showVerdict } from "./verdict";

/** Deploys to a target: only changes that were shown and confirmed, where it is a real one. */
export async function applyEverything(target: DeployTarget, host: Host): Promise<DeployResult> {
  const result = newResult(target);
  await describeTarget(target, host);
  // Authorities of what is deployed already: a trust file that was not committed lacks them, and would remove them.
  const first = await authoritiesOf(target, host);
  const stacks = await stacksFor(first.target, host);
  const found = await survey(first.target, stacks, host);
  const { left, change } = found;
  showChange(change, host);
  showLeft(left, host);
  await drivers.refuse(first.target, stacks);
  const early = target.emulator
    ? await emulatedPlans(first.target, stacks, found, host)
    : await plansOf(first.target, stacks, found, host);
  const reviews = reviewDeployment(
    first.target,
    found,
    [...early.values()].map(({ review }) => review),
  );
  showVerdict(reviews, host);
  assertApprovedPlans(first.target, early);
  await agreeOnChange(first.target, change, host);
  // On an emulated AWS nobody was asked about losses. Claims that are there have been looked at.
  refuseBlocked(reviews, target.emulator ? [] : ["data-lost", "claims-change"]);
  await agreeOnLeft(first.target, left, host);
  const plans = await applyStacks(first.target, stacks, host, result, early);
  const { noted, unread, target: deployed } = await authoritiesOf(first.target, host);
  for (const text of unread) host.report({ code: "notice", text });
  if (noted.length > 0) await applyStacks(deployed, await synthesizedAgain(deployed, stacks, host), host, result);
  // Last: nothing that stays uses it any more.
  result.removed = await removeLeft(deployed, left, host);
  const last = deployed.emulator ? [emulatedEvents(deployed)] : drivers.finish(deployed, stacks);
  if (last.length > 0) await runSteps<void>(host, last, undefined);
  result.noted = [...new Set([...first.noted, ...noted])];
  result.unread = unread;
  result.outputs = await allOutputs(deployed, stacks);
  await runStep(host, {
    title: "Check",
    work: async () => {
      const untouched = Object.values(result.applied).every((count) => count === 0);
      result.rows = await endCheck(deployed, stacks, untouched ? plans : new Map());
      const failed = result.rows.filter(({ ok }) => !ok).length;
      return `${counted(result.rows.length, "row")}${failed > 0 ? `, ${failed} FAILED` : ""}`;
    },
  });
  return result;
}

/** An emulated deployment's authorities are thrown away with it: they have no place in a versioned file. */
async function authoritiesOf(target: DeployTarget, host: Host): Promise<RecordedAuthorities> {
  return target.emulator ? { noted: [], unread: [], target } : recordDeployedAuthorities(target, host);
}

async function applyStacks(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  host: Host,
  result: DeployResult,
  early: EarlyPlans = new Map(),
): Promise<ReadonlyMap<string, StackPlan>> {
  const plans = new Map<string, StackPlan>();
  for (const stack of stacks) {
    // Whatever was applied since then may be read by this one.
    const untouched = Object.values(result.applied).every((count) => count === 0);
    const known = untouched ? early.get(stack.id) : undefined;
    const planned = async () => known?.plan ?? judged(target, await planNow(target, stack, host), host);
    const { count, plan } = await (target.emulator ? applyEmulated : applyConfirmed)(target, stack, host, planned);
    result.applied[stack.id] = (result.applied[stack.id] ?? 0) + count;
    if (plan) plans.set(stack.id, plan);
    const after = drivers.after(target, stack);
    if (after) await runStep(host, after);
  }
  return plans;
}

const planNow = (target: DeployTarget, stack: PlannedStack, host: Host): Promise<StackPlan> =>
  (target.emulator ? planWithDrift : showPlan)(target, stack, host);

/** Of stacks that cannot be planned yet, the plan is held against the approval before it is applied. */
function assertApprovedPlans({ approval }: DeployTarget, plans: EarlyPlans): void {
  if (approval)
    assertApproved(
      approval,
      [...plans.values()].flatMap(({ plan }) => (plan ? [plan.review] : [])),
    );
}

/** Refuses a plan that could be made only now, where it is not to be applied: those of before were judged together. */
function judged(target: DeployTarget, plan: StackPlan, host: Host): StackPlan {
  if (plan.changes.length === 0) return plan;
  if (target.approval) assertApproved(target.approval, [plan.review]);
  const reviewed = [reviewStack(target, plan.review)];
  showVerdict(reviewed, host);
  refuseBlocked(reviewed);
  return plan;
}

async function applyConfirmed(
  target: DeployTarget,
  stack: PlannedStack,
  host: Host,
  planned: () => Promise<StackPlan>,
): Promise<Applied> {
  const plan = await planned();
  const { changes } = plan;
  if (changes.length === 0) return { count: 0, plan };
  if (!target.approval) await confirmed(host, `Apply ${counted(changes.length, "change")} of ${stack.id}?`);
  await runStep(host, {
    title: `Apply ${stack.id}`,
    work: async (progress) => {
      await drivers.before(target, stack, progress);
      await explained(target, stack, () => drivers.apply(target, stack, plan, progress));
    },
  });
  return { count: changes.length, plan };
}

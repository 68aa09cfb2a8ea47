import { nothingPlanned, type StackReview } from "../../model/review";
import type { PlannedStack } from "../../model/topology";
import type { Host } from "../core/host";
import { Interrupted } from "../core/interrupts";
import { UserError } from "../core/project";
import { runStep } from "../core/steps";
import { drivers } from "./drivers";
import { type PlannedChange, planStack, planText, type StackPlan } from "./plan";
import { unlocking } from "./states/locks";
import { isBegun } from "./states/state";
import type { Survey } from "./survey";
import { type DeployTarget, stackFolder } from "./target";
import { StateLocked } from "./terraform-messages";

/** Plans a stack, including drift that Terraform does not see. */
export async function planWithDrift(target: DeployTarget, stack: PlannedStack, host: Host): Promise<StackPlan> {
  const { id } = stack;
  const plan = await unlocking(stackFolder(target, id), host, target.allowed?.unlock, () => planStack(target, id));
  const changed = plan.changes.map(({ address }) => address);
  const drifted = await drivers.drifted(target, stack, changed, (text) =>
    host.report({ code: "notice", text: `${id}: ${text}` }),
  );
  return drifted.length > 0 ? planStack(target, id, { again: drifted }) : plan;
}

/** The same, shown as Terraform prints it. */
export async function showPlan(target: DeployTarget, stack: PlannedStack, host: Host): Promise<StackPlan> {
  const { id } = stack;
  const plan = await planWithDrift(target, stack, host);
  const changes = plan.changes.length;
  const text = changes > 0 ? await planText(target, id) : undefined;
  host.report({ code: "plan", stack: id, changes, ...(text && { text }) });
  return plan;
}

/** Changes of a stack's plan, or the stack that has to be applied before it can be planned. */
export type PlanOrWait = { changes: PlannedChange[] } | { plannedAfter: string };

/** What is known of a stack before anything is applied. */
export interface EarlyPlan {
  /** Its plan, or why there is none yet. */
  review: StackReview;
  plan?: StackPlan;
  /** Where there is none: the last of the stacks that have to be applied before it. */
  after?: string;
}

/** By the stack's id, in the order of the stacks. */
export type EarlyPlans = ReadonlyMap<string, EarlyPlan>;

const early = (plan: StackPlan): EarlyPlan => ({ review: plan.review, plan });

/**
 * A plan that may not be possible yet: of a stack that comes after others, what it reads may be pushed once these are applied,
 * such as an image. It is planned, and judged, again before it is applied.
 */
export async function planIfPossible({ id, after }: PlannedStack, plan: () => Promise<StackPlan>): Promise<EarlyPlan> {
  try {
    return early(await plan());
  } catch (error) {
    const isItsOwn = error instanceof StateLocked || error instanceof Interrupted || !(error instanceof UserError);
    if (isItsOwn || after.length === 0) throw error;
    const [, why = ""] = error.reason.split("\n").map((line) => line.trim());
    const missing = `it cannot be planned before others are applied: ${why}`;
    return { review: { ...nothingPlanned(id), missing }, after: after.at(-1) };
  }
}

/**
 * Plans what can be planned before anything is applied, and shows it. A stack that reads from one that is not applied yet
 * cannot be planned, nor can one that looks for what a change of another stack will make; both are named.
 */
export async function plansOf(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  found: Survey,
  host: Host,
): Promise<EarlyPlans> {
  const plans = new Map<string, EarlyPlan>();
  for (const stack of stacks) {
    const waits = waitsFor(found)(stack);
    if (waits) host.report({ code: "notice", text: `${stack.id}: planned after ${waits.after}` });
    const plan = () => planIfPossible(stack, () => showPlan(target, stack, host));
    const planned = waits ? { review: { ...nothingPlanned(stack.id), ...waits } } : await plan();
    const { missing } = planned.review;
    if (missing) host.report({ code: "notice", text: `${stack.id}: ${missing}` });
    plans.set(stack.id, planned);
  }
  return plans;
}

/**
 * Plans stacks all at once, and shows nothing of the plans.
 *
 * @param open why a stack is not planned, or nothing where it is
 */
export async function parallelPlans(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  open: (stack: PlannedStack) => Pick<StackReview, "after" | "missing"> | undefined,
  host: Host,
  planned = ({ id }: PlannedStack) => planStack(target, id),
): Promise<EarlyPlans> {
  const plans = new Map(
    stacks.map((stack): [string, EarlyPlan] => [stack.id, { review: { ...nothingPlanned(stack.id), ...open(stack) } }]),
  );
  const chosen = stacks.filter((stack) => open(stack) === undefined);
  if (chosen.length === 0) return plans;
  await runStep(host, {
    title: "Plans",
    work: async (progress) => {
      let done = 0;
      const plan = async (stack: PlannedStack) => {
        const { id } = stack;
        plans.set(id, await planIfPossible(stack, () => planned(stack)));
        progress(`${id} (${++done} of ${chosen.length})`);
      };
      await Promise.all(chosen.map(plan));
      return `${chosen.length} of ${stacks.length} stacks`;
    },
  });
  return plans;
}

/** Why a stack cannot be planned yet: it reads from one that is not applied. */
export const waitsFor =
  ({ states }: Survey) =>
  ({ reads }: PlannedStack): Pick<StackReview, "after"> | undefined => {
    const after = reads.find((id) => !isThere(states, id));
    return after === undefined ? undefined : { after };
  };

/** Plans what an emulated AWS has already. What is new there is applied without a plan: it would save nothing. */
export const emulatedPlans = (
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  found: Survey,
  host: Host,
): Promise<EarlyPlans> =>
  parallelPlans(
    target,
    stacks,
    (stack) =>
      isThere(found.states, stack.id)
        ? waitsFor(found)(stack)
        : { missing: "it is new, and an emulated AWS gets it without a plan" },
    host,
    (stack) => planWithDrift(target, stack, host),
  );

const isThere = (states: Survey["states"], id: string): boolean => {
  const state = states.get(id);
  return state !== undefined && isBegun(state);
};

/** As programs get it. */
export const planOrWait = ({ review, plan, after = "" }: EarlyPlan): PlanOrWait =>
  plan ? { changes: plan.changes } : { plannedAfter: review.after ?? after };

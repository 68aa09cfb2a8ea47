import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import demo from "../../environments/demo";
import { type Environment, type EnvironmentInput, parseEnvironment } from "../../model/config";
import { lint } from "../../model/lint";
import {
  nothingPlanned,
  type PlanJson,
  type Review,
  type ReviewInput,
  readPlan,
  review,
  reviewRules,
  type StackReview,
} from "../../model/review";
import { buildTopology, clusterTopology, stackPlan, type Topology } from "../../model/topology";
import { planChange } from "../../templates";
import { byPlans } from "../../templates/review";
import type { Example } from "./changes";

/** Reports do not depend on the day on which they are made. */
const today = "2026-11-30";

/** The environment with the change of an example; without one, as it is. */
export function exampleInput(example?: Example): EnvironmentInput {
  const input = structuredClone(demo) as EnvironmentInput;
  example?.change(input);
  return input;
}

function sideOf(example?: Example): { environment: Environment; topology: Topology } {
  const { environment, problems } = parseEnvironment(exampleInput(example));
  if (!environment) throw new Error(JSON.stringify(problems));
  return { environment, topology: buildTopology(environment) };
}

/** The review of an example from the repository alone. */
export const sourceReview = (example: Example): Review => review(inputOf(example));

function inputOf(example: Example): ReviewInput {
  const [before, after] = [sideOf(), sideOf(example)];
  const elsewhere = reviewRules.map(({ id }) => id);
  const [old, now] = [before, after].map(({ environment, topology }) => lint(environment, topology, today, elsewhere));
  return {
    name: "demo",
    before,
    after,
    change: planChange(before.topology, after.topology),
    findings: {
      before: [...(old?.findings ?? []), ...(old?.acknowledged ?? [])],
      after: now?.findings ?? [],
      accepted: now?.acknowledged ?? [],
    },
    files: ["environments/demo.ts"],
    today,
  };
}

/** True when lint finds an error in it: of that no stack is synthesized, and so no plan is made. */
export const isRefused = (example: Example): boolean =>
  inputOf(example).findings.after.some(({ severity }) => severity === "error");

/**
 * Documents of `terraform show -json` by stack, without what no review reads, or why there is none yet; a stack that does not
 * change has nothing.
 */
export type RecordedPlans = Record<string, PlanJson | { missing: string }>;

export const plansFile = (root: string, { id }: Example): string => join(root, "docs/examples/plans", `${id}.json`);

/** The review of an example with the plans that were recorded for it; undefined where there are none. */
export function plannedReview(root: string, example: Example): Review | undefined {
  const file = plansFile(root, example);
  if (!existsSync(file)) return undefined;
  const plans = JSON.parse(readFileSync(file, "utf8")) as RecordedPlans;
  const input = inputOf(example);
  const [before, after] = [input.before?.topology, input.after?.topology] as [Topology, Topology];
  const stacks = stackPlan(after).map(({ id }): StackReview => {
    const plan = plans[id];
    if (plan && "missing" in plan) return { ...nothingPlanned(id), missing: plan.missing };
    return plan ? readPlan(plan, id) : nothingPlanned(id);
  });
  // What servers are made from is that of the code now: a recorded one would be of other code with each change of the model.
  const servers = {
    before: { topology: clusterTopology(before, "core") },
    after: { topology: clusterTopology(after, "core") },
  };
  return byPlans(input, stacks, [JSON.parse(JSON.stringify(servers))]).map(review)[0];
}

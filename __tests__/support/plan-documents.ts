import { type PlanJson, readPlan, review, type StackReview } from "../../model/review";

/** Documents of plans as Terraform prints them, of stacks that natsform did not make, and what a review says of them. */
export type Resource = NonNullable<PlanJson["resource_changes"]>[number];

export const resource = (address: string, actions: string[], change: object = {}, more: object = {}): Resource => {
  const [type = ""] = address.split(".");
  return { address, type, mode: "managed", ...more, change: { actions, before: {}, after: {}, ...change } };
};
export const plan = (resources: Resource[], more: Partial<PlanJson> = {}): PlanJson => ({
  format_version: "1.2",
  resource_changes: resources,
  ...more,
});
export const read = (resources: Resource[], more: Partial<PlanJson> = {}) => readPlan(plan(resources, more), "stack");
export const reviewOf = (stack: StackReview) =>
  review({
    name: "other",
    foreign: true,
    change: { environment: "other", servers: [], streams: [], losses: [], narrowed: [], forbidden: [], others: [] },
    findings: { before: [], after: [], accepted: [] },
    files: [],
    stacks: [stack],
    today: "2026-11-30",
  });
export const verdictOf = (resources: Resource[], more: Partial<PlanJson> = {}) => {
  const { verdict, reasons } = reviewOf(read(resources, more));
  return [verdict, ...new Set(reasons.map(({ rule }) => rule))];
};

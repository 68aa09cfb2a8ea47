export { lineOf } from "./locate";
export * from "./model";
export { actionOrder } from "./plan/actions";
export type { PlanJson } from "./plan/format";
export { type PlannedServers, plannedServers } from "./plan/notes";
export { nothingPlanned, readPlan, recordOf } from "./plan/read";
export { everyRule as reviewRules, isEmptyReview, review, reviewExitCode } from "./review";
export { trustChange } from "./trust-change";

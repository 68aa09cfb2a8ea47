export { lineOf } from "./locate";
export * from "./model";
export { isEmptyReview, review, reviewExitCode } from "./review";
export { reviewRules } from "./rules";
export { trustChange } from "./trust-change";

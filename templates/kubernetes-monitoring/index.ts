export { type DashboardProps, toDashboard } from "./dashboard";
export * from "./metrics";
export { type CustomResource, podMonitor, prometheusRule, serviceMonitor } from "./objects";
export { type RuleGroup, ruleGroups } from "./rules";
export type { Watched } from "./watched";

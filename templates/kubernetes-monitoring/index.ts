export { type DashboardProps, toDashboard } from "./dashboard";
export * from "./metrics";
export type { MonitoringTargets } from "./monitoring-targets";
export { type CustomResource, podMonitor, prometheusRule, serviceMonitor } from "./objects";
export { type RuleGroup, ruleGroups } from "./rules";

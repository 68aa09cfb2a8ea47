export { type Acknowledgement, acknowledgementRules } from "./acknowledgements";
export type { EnvironmentRule, LintContext } from "./context";
export { type AcknowledgedFinding, judge, type LintResult, runRules } from "./engine";
export { lint } from "./lint";
export type { Finding, Hit, Rule, RuleInfo, Severity } from "./rule";
export { rules } from "./rules";

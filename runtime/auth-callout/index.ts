export * from "./contract";
export { AuthCalloutEnv } from "./env";
export { type Explanation, explainPermissions, type Grant, type RuleExplanation } from "./permissions";
export { DENIAL_REASONS, type DenialReason, REFUSAL_REASONS, type RefusalReason } from "./reasons";
export { AuthRules } from "./rules";
export { type NatsAuthCalloutOptions, type NatsAuthCalloutService, startNatsAuthCalloutService } from "./service";
export type { SubscriptionPermissions } from "./subscriptions";

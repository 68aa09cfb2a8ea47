export { toAuthRules } from "./callout-rules";
export { type HelmValues, type HelmValuesProps, helmValues, isOnKubernetes, valuesProblems } from "./helm-values";
export { platformSite, restartDigest, type ServerConfProps, type Site, serverConf, toNatsConf } from "./nats-conf";
export { streamAccounts } from "./stream-specs";

export { type ChangePlan, planExitCode } from "../model/change";
export { isOnKubernetes, streamAccounts } from "../model/topology";
export { toAuthRules } from "./callout-rules";
export { type ChangeTrust, changeLines, planChange } from "./change";
export { type HelmValues, type HelmValuesProps, helmValues, valuesProblems } from "./helm-values";
export { platformSite, restartDigest, type ServerConfProps, type Site, serverConf, toNatsConf } from "./nats-conf";

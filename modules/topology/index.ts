export * from "./aws-names";
export { buildTopology, clusterOf } from "./build";
export { calloutIssuerSecret, calloutXkeySecret, type DeployedSecret, deployedSecrets } from "./deployed-secrets";
export { leafUser, streamsInbox } from "./identity";
export * from "./model";
export { type ClusterNames, clusterNames, internalDomain } from "./names";
export { type ListenerName, ports } from "./ports";
export { trustProblems } from "./trust-problems";

export { buildTopology, clusterOf } from "./build";
export { leafUser, streamsInbox } from "./identity";
export * from "./model";
export { type ClusterNames, clusterNames, internalDomain } from "./names";
export { type ListenerName, ports } from "./ports";
export { trustProblems } from "./trust-problems";

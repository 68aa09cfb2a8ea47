export * from "./aws-names";
export { backlogAccounts, backlogPort, backlogService } from "./backlog";
export { buildTopology, clusterOf } from "./build";
export { calloutKeys } from "./callout-keys";
export { hasKeysOf, isSeparating, nameIn, storedName, trustOf, usersElsewhere, usersOf } from "./cluster-keys";
export { type Deployed, deployedNote, readDeployedNote } from "./deployed-note";
export {
  type DeployedSecret,
  deployedSecrets,
  encryptsBackups,
  type KeyOwner,
  personalSecrets,
  responderCreds,
  responderKey,
  secretsInStore,
} from "./deployed-secrets";
export { fleetFamilies, isBuilt } from "./fleet";
export { httpGatewayHost, httpGatewayRun, httpGatewayService, routePattern } from "./http-gateway";
export { asSigned, isLandingAccount, streamsInbox } from "./identity";
export { type ClusterSecrets, clusterSecrets, type KubernetesClusterNames, kubernetesNames } from "./kubernetes-names";
export {
  announcedClusters,
  knownAuthority,
  type LeafAuthorities,
  leafAuthorityProblems,
  leafPeers,
  peerAuthorities,
} from "./leaf-authorities";
export * from "./model";
export type { ClusterNames } from "./names";
export { partitionOf } from "./partition";
export { internalDomain, platformModel, platformModels } from "./platform-models";
export { serverZone } from "./platform-models/aws";
export { programImage, serverImage, serviceRepository } from "./platform-models/images";
export type { PlatformModel, PlatformOf, SitePaths } from "./platform-models/model";
export * from "./platforms";
export { type ListenerName, ports } from "./ports";
export * from "./programs";
export { awsRegions, clustersInRegion } from "./regions";
export { renewalCron, renewalInterval, renewalRate } from "./renewal";
export { nodeCacheAddress, resolverNetworks } from "./resolvers";
export { doesOf, rightsOf } from "./rights";
export { backupKeySecret, calloutIssuerSecret, calloutXkeySecret, loginKey } from "./secret-names";
export { signerOf } from "./signer";
export {
  type AwsStack,
  type FoundationStack,
  isInFamily,
  type KubernetesStack,
  type PlannedStack,
  type StackFamily,
  type StackLayer,
  type StackOf,
} from "./stack";
export {
  clusterTopology,
  holdsServers,
  noteOutput,
  type ProviderPlatform,
  recordedTrust,
  recordNames,
  type StackRecord,
  stackRecord,
} from "./stack-record";
export { clustersInOrder, sharesWith, stackPlan, withoutStacks } from "./stacks";
export { streamAccounts } from "./streams";
export { trustProblems } from "./trust-problems";
export { foreignLeafRole, vaultMount, vaultRole } from "./vault-names";

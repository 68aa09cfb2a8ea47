export * from "./aws-names";
export { buildTopology, clusterOf } from "./build";
export { calloutKeys } from "./callout-keys";
export { serverZone } from "./cluster";
export {
  backupKeySecret,
  calloutIssuerSecret,
  calloutXkeySecret,
  type DeployedSecret,
  deployedSecrets,
  encryptsBackups,
  loginKey,
  responderCreds,
  responderKey,
} from "./deployed-secrets";
export { hasRenewalJob, isLandingAccount, leafUser, streamsInbox } from "./identity";
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
export { type ClusterNames, clusterNames, internalDomain } from "./names";
export * from "./platforms";
export { type ListenerName, ports } from "./ports";
export { nodeCacheAddress, resolverNetworks } from "./resolvers";
export {
  type AwsStack,
  type DeployedStack,
  deployedStacks,
  isAws,
  isKubernetes,
  type KubernetesStack,
  withoutStacks,
} from "./stacks";
export { streamAccounts } from "./streams";
export { trustProblems } from "./trust-problems";
export { foreignLeafRole, vaultMount, vaultRole } from "./vault-names";

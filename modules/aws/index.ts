// Parts of stacks, for natsform's own and others.

export { type EcsCluster, isOnEcs } from "../../model/topology";
export { stackContext } from "../terraform/context";
export { secretOfCertificate } from "./agent-environment";
export { AuthCallout, type AuthCalloutProps } from "./auth-callout";
export { AccountBackup } from "./backup";
export { CalloutAlarms, type CalloutAlarmsProps } from "./callout-alarms";
export { CertificateAlarms, type CertificateAlarmsProps } from "./certificate-alarms";
export { CertificateManager, type CertificateManagerProps } from "./certificate-manager";
export { ClientRecord, type ClientRecordProps } from "./client-record";
export { ConfigBucket, type ConfigBucketProps } from "./config-bucket";
export { ecsCluster, partitionOf, type StackContext } from "./context";
export { type DashboardProps, dashboard } from "./dashboard";
export { DataFileSystem, type DataFileSystemProps } from "./data-file-system";
export { DnsSync, type DnsSyncProps } from "./dns-sync";
export { type EmptySecretProps, emptySecret } from "./empty-secret";
export { EncryptionKey, type EncryptionKeyProps } from "./encryption-key";
export { Lookups } from "./lookups";
export { authoritySecrets, managedCertificates } from "./managed-certificates";
export { programImage } from "./program-image";
export { type ProgramSecurityGroupProps, programSecurityGroup } from "./program-security-group";
export { addAwsProvider } from "./provider";
export { type RegionNetworkProps, regionNetwork } from "./region-network";
export { Repository, type RepositoryProps } from "./repositories";
export { ServerAlarms, type ServerAlarmsProps } from "./server-alarms";
export { Servers, type ServersProps } from "./servers";
export { StreamsTask, type StreamsTaskProps } from "./streams-task";
export { Zone, type ZoneProps } from "./zone";

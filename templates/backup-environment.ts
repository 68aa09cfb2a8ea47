import type { BackupTopology, ClusterTopology, Topology } from "../model/topology";
import type { BackupEnv, DrillEnv } from "../runtime/backup/env";
import {
  type Connection,
  connectionEnvironment,
  from,
  type ProgramEnvironment,
  type Source,
} from "./program-environment";

/** Backups of one account of a cluster. */
export interface BackupScope {
  topology: Topology;
  cluster: ClusterTopology;
  backup: BackupTopology;
  account: string;
}

/** Settings of every backup command that depend on its platform. */
export interface StoredSite<Secret> {
  /** Keys that encrypt and decrypt, for backups that are encrypted. */
  keys: Source<Secret>;
  /** Namespace of CloudWatch, for metrics that go there. */
  metricsNamespace?: string;
}

/** Variables of every backup command: the scope of the backups, their target, and their key. */
function storedEnvironment<Secret>(
  { topology, cluster, backup, account }: BackupScope,
  { keys, metricsNamespace }: StoredSite<Secret>,
) {
  const key = backup.encrypt ? from("BACKUP_KEY", keys) : { variables: {}, secrets: {} };
  return {
    variables: {
      BACKUP_ENVIRONMENT: topology.environment,
      BACKUP_CLUSTER: cluster.name,
      BACKUP_ACCOUNT: account,
      BACKUP_TO: backup.to,
      BACKUP_KMS_KEY: backup.kmsKey,
      BACKUP_REGION: backup.region,
      ...key.variables,
      BACKUP_METRICS_NAMESPACE: metricsNamespace,
    },
    secrets: key.secrets,
  };
}

/** Environment of a run that backs up. It is told of no retention: whoever makes backups removes none. */
export function backupEnvironment<Secret>(
  scope: BackupScope,
  site: StoredSite<Secret> & Connection<Secret>,
): ProgramEnvironment<typeof BackupEnv, Secret> {
  const connection = connectionEnvironment(scope.topology, site);
  const stored = storedEnvironment(scope, site);
  return {
    variables: { ...connection.variables, ...stored.variables },
    secrets: { ...connection.secrets, ...stored.secrets },
  };
}

/** Environment of a run that removes what the retention no longer keeps. It logs in nowhere. */
export function pruneEnvironment<Secret>(
  scope: BackupScope,
  site: StoredSite<Secret>,
): ProgramEnvironment<typeof DrillEnv, Secret> {
  const { variables, secrets } = storedEnvironment(scope, site);
  const seconds = String(Math.floor(scope.backup.retentionMs / 1000));
  return { variables: { ...variables, BACKUP_RETENTION_SECONDS: seconds }, secrets };
}

/** Environment of a drill: it has an empty server of its own, and no credentials. */
export function drillEnvironment<Secret>(
  scope: BackupScope,
  site: StoredSite<Secret> & { server: string; pidFile?: string },
): ProgramEnvironment<typeof DrillEnv, Secret> {
  const { variables, secrets } = storedEnvironment(scope, site);
  return { variables: { ...variables, DRILL_SERVERS: site.server, DRILL_PID_FILE: site.pidFile }, secrets };
}

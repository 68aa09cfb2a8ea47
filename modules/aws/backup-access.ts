import type { EcsCluster } from "../../model/topology";
import { type BackupTopology, backupKeySecret } from "../../model/topology";
import type { BackupScope, StoredSite } from "../../templates/backup-environment";
import { backupNamespace } from "./backup-alarms";
import type { StackContext } from "./context";
import type { Lookups } from "./lookups";
import type { Statement } from "./policy";
import type { SecretVariable } from "./program-task";

/** A cluster's backups of one account. */
export interface AccountBackupProps {
  context: StackContext;
  cluster: EcsCluster;
  backup: BackupTopology;
  account: string;
  image: string;
  lookups: Lookups;
  securityGroupId: string;
}

/** Scope of the backups: `ENVIRONMENT/CLUSTER/ACCOUNT`. */
export const scopeOf = ({ context, cluster, account }: AccountBackupProps) =>
  `${context.topology.environment}/${cluster.name}/${account}`;

/** Site of every backup command: the key that decrypts, and the namespace of its metrics. */
export const storedSite = ({ lookups }: AccountBackupProps): StoredSite<SecretVariable> => ({
  keys: { secret: { secret: lookups.names.keySecret(backupKeySecret) } },
  metricsNamespace: backupNamespace,
});

/** Scope of the backups. */
export const backupScope = ({ context, cluster, backup, account }: AccountBackupProps): BackupScope => ({
  topology: context.topology,
  cluster,
  backup,
  account,
});

/** Permissions of a task on the backups' bucket: in the folder of its own account alone. */
export function useBackups(props: AccountBackupProps, access: "read" | "write"): Statement[] {
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(props.backup.to) ?? [];
  const arn = `arn:${props.lookups.partition}:s3:::${bucket}`;
  const folder = prefix === "" ? scopeOf(props) : `${prefix}/${scopeOf(props)}`;
  const writes = access === "write";
  return [
    { Action: ["s3:ListBucket"], Resource: [arn], Condition: { StringLike: { "s3:prefix": [`${folder}/*`] } } },
    // Not by prefix: a condition that a request does not carry refuses it. It shows names of unfinished uploads alone.
    ...(writes ? [{ Action: ["s3:ListBucketMultipartUploads"], Resource: [arn] }] : []),
    {
      Action: ["s3:GetObject", ...(writes ? ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"] : [])],
      Resource: [`${arn}/${folder}/*`],
    },
  ];
}

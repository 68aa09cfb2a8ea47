import type { EcsCluster } from "../../model/topology";
import { type BackupTopology, backupKeySecret } from "../../model/topology";
import { MANIFEST } from "../../runtime/backup/contract";
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

/**
 * Permissions of a task on the backups' bucket, in the folder of its own account alone. `add`: makes objects, and neither
 * replaces nor removes one: whoever takes the program over cannot take the history away. `remove`: reads which backups
 * there are, and none of their data.
 */
export function useBackups(props: AccountBackupProps, access: "add" | "read" | "remove"): Statement[] {
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(props.backup.to) ?? [];
  const arn = `arn:${props.lookups.partition}:s3:::${bucket}`;
  const folder = prefix === "" ? scopeOf(props) : `${prefix}/${scopeOf(props)}`;
  const objects = [`${arn}/${folder}/*`];
  const list = {
    Action: ["s3:ListBucket"],
    Resource: [arn],
    Condition: { StringLike: { "s3:prefix": [`${folder}/*`] } },
  };
  const read = { Action: ["s3:GetObject"], Resource: objects };
  switch (access) {
    case "read":
      return [list, read];
    case "add":
      return [
        list,
        read,
        // With this header S3 makes an object only where there is none. Parts of an upload make none, and have no such header.
        { Action: ["s3:PutObject"], Resource: objects, Condition: { Null: { "s3:if-none-match": "false" } } },
        { Action: ["s3:PutObject"], Resource: objects, Condition: { Bool: { "s3:ObjectCreationOperation": "false" } } },
        { Action: ["s3:AbortMultipartUpload"], Resource: objects },
      ];
    case "remove":
      return [
        list,
        { Action: ["s3:GetObject"], Resource: [`${arn}/${folder}/*/${MANIFEST}`] },
        // Not by prefix: a condition that a request does not carry refuses it. It shows names of unfinished uploads alone.
        { Action: ["s3:ListBucketMultipartUploads"], Resource: [arn] },
        { Action: ["s3:DeleteObject", "s3:AbortMultipartUpload"], Resource: objects },
      ];
  }
}

import type { EcsCluster } from "../../model/topology";
import { type BackupTopology, backupKeySecret } from "../../model/topology";
import { MANIFEST, PROOF } from "../../runtime/backup/contract";
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
 * replaces nor removes one: whoever takes the program over cannot take the history away. `prove`: reads, and adds notes.
 * `remove`: reads which backups there are, and none of their data.
 */
export function useBackups(props: AccountBackupProps, access: "add" | "prove" | "remove"): Statement[] {
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
    case "prove":
      return [
        list,
        read,
        ...useKey(props, ["kms:GenerateDataKey", "kms:Decrypt"]),
        // A note beside the backup, and nothing in place of anything.
        { Action: ["s3:PutObject"], Resource: [`${arn}/${folder}/*/${PROOF}*`], Condition: makesOnly },
      ];
    case "add":
      return [
        list,
        read,
        // What is put together of parts is decrypted first.
        ...useKey(props, ["kms:GenerateDataKey", "kms:Decrypt"]),
        // Parts of an upload make no object, and have no such header.
        { Action: ["s3:PutObject"], Resource: objects, Condition: makesOnly },
        { Action: ["s3:PutObject"], Resource: objects, Condition: { Bool: { "s3:ObjectCreationOperation": "false" } } },
        { Action: ["s3:AbortMultipartUpload"], Resource: objects },
      ];
    case "remove":
      return [
        list,
        { Action: ["s3:GetObject"], Resource: [`${arn}/${folder}/*/${MANIFEST}`] },
        ...useKey(props, ["kms:Decrypt"]),
        // Not by prefix: a condition that a request does not carry refuses it. It shows names of unfinished uploads alone.
        { Action: ["s3:ListBucketMultipartUploads"], Resource: [arn] },
        { Action: ["s3:DeleteObject", "s3:AbortMultipartUpload"], Resource: objects },
      ];
  }
}

/** With this header S3 makes an object only where there is none. */
const makesOnly = { Null: { "s3:if-none-match": "false" } };

/** Use of the bucket's own key, through S3 alone. S3 uses keys of the bucket's region, so the key says which that is. */
function useKey({ backup: { kmsKey }, lookups }: AccountBackupProps, actions: string[]): Statement[] {
  if (kmsKey === undefined) return [];
  const service = `s3.${kmsKey.split(":")[3]}.amazonaws.com${lookups.partition === "aws-cn" ? ".cn" : ""}`;
  return [{ Action: actions, Resource: [kmsKey], Condition: { StringEquals: { "kms:ViaService": service } } }];
}

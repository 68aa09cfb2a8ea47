import { GetObjectCommand, HeadObjectCommand, ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { textDigest } from "./contract";
import type { Store, StoredConfig } from "./store";

export interface AwsStoreProps {
  s3: Pick<S3Client, "send">;
  secrets: Pick<SecretsManagerClient, "send">;
  bucket: string;
  key: string;
  published: Store["published"];
}

/** A connection that hangs must not keep the agent from its next poll. */
const callMs = 20_000;
/** Older configurations are of tasks that have long been replaced. */
const maxVersions = 100;
const current = "AWSCURRENT";

/** Configuration from an S3 object, certificates and credentials from Secrets Manager. */
export function awsStore({ s3, secrets, bucket, key, published }: AwsStoreProps): Store {
  const object = { Bucket: bucket, Key: key };
  const limit = () => ({ abortSignal: AbortSignal.timeout(callMs) });

  const config = async (VersionId?: string): Promise<StoredConfig> => {
    const answer = await s3.send(new GetObjectCommand({ ...object, VersionId }), limit());
    const text = (await answer.Body?.transformToString()) ?? "";
    return { text, revision: revisionOf(answer), restartDigest: answer.Metadata?.["restart-digest"] ?? "" };
  };

  return {
    configRevision: async () => revisionOf(await s3.send(new HeadObjectCommand(object), limit())),
    config: () => config(),
    published,
    async configFor(restartDigest, digest) {
      const query = { Bucket: bucket, Prefix: key, MaxKeys: maxVersions };
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand(query), limit());
      // Newest first, as S3 lists them.
      for (const { Key, VersionId } of Versions) {
        if (Key !== key) continue;
        const { Metadata } = await s3.send(new HeadObjectCommand({ ...object, VersionId }), limit());
        if (Metadata?.["restart-digest"] !== restartDigest) continue;
        const found = await config(VersionId);
        if (textDigest(found.text) === digest) return found;
      }
      return undefined;
    },
    async secretRevision(name) {
      const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId: name }), limit());
      return Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes(current)) ?? "no value yet";
    },
    async secret(name) {
      const answer = await secrets.send(new GetSecretValueCommand({ SecretId: name, VersionStage: current }), limit());
      return { value: answer.SecretString ?? "", revision: answer.VersionId ?? "" };
    },
  };
}

/** The version where the bucket keeps versions, and the content's tag where it does not. */
const revisionOf = ({ VersionId, ETag }: { VersionId?: string; ETag?: string }) => `${VersionId ?? ""} ${ETag ?? ""}`;

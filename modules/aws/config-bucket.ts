import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { Construct } from "constructs";
import { json } from "../terraform/json";

export interface ConfigBucketProps {
  name: string;
  kmsKeyArn: string;
  deletionProtection: boolean;
  /** Refuses requests without TLS; off where an emulated AWS listens without it. */
  tlsOnly: boolean;
}

/** The bucket of the servers' configurations. They hold no secret, but describe the cluster, so it is private. */
export class ConfigBucket extends Construct {
  readonly bucket: S3Bucket;

  constructor(scope: Construct, id: string, { name, kmsKeyArn, deletionProtection, tlsOnly }: ConfigBucketProps) {
    super(scope, id);
    this.bucket = new S3Bucket(this, "bucket", { bucket: name, forceDestroy: !deletionProtection });
    const bucket = this.bucket.id;
    const block = new S3BucketPublicAccessBlock(this, "public-access-block", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new S3BucketVersioningA(this, "versioning", {
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket,
      rule: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
          bucketKeyEnabled: true,
        },
      ],
    });
    if (tlsOnly)
      new S3BucketPolicy(this, "policy", { bucket, policy: refuseClear(this.bucket.arn), dependsOn: [block] });
  }
}

const refuseClear = (arn: string) =>
  json({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });

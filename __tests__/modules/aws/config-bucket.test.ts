import { ConfigBucket } from "../../../modules/aws/config-bucket";
import { made, statements } from "../../support/construct";

const props = { name: "demo-config", kmsKeyArn: "arn:key", deletionProtection: true, tlsOnly: true };
const bucket = (changes: Partial<typeof props> = {}) =>
  made((scope) => new ConfigBucket(scope, "b", { ...props, ...changes }));

test("nothing makes the bucket public", () => {
  expect(bucket().aws_s3_bucket_public_access_block).toEqual([
    expect.objectContaining({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    }),
  ]);
});

test("an overwritten configuration is still there", () => {
  expect(bucket().aws_s3_bucket_versioning?.[0]).toMatchObject({ versioning_configuration: { status: "Enabled" } });
});

test("what lies in it is encrypted with the environment's key", () => {
  const [encryption] = bucket().aws_s3_bucket_server_side_encryption_configuration ?? [];
  expect(encryption?.rule).toEqual([
    {
      apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id: "arn:key" },
      bucket_key_enabled: true,
    },
  ]);
});

test("nobody reads it in clear", () => {
  const [policy] = bucket().aws_s3_bucket_policy ?? [];
  expect(statements(policy?.policy)).toEqual([
    expect.objectContaining({
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    }),
  ]);
});

test("it goes with what is in it only where nothing is protected", () => {
  expect(bucket().aws_s3_bucket?.[0]).toMatchObject({ force_destroy: false });
  expect(bucket({ deletionProtection: false }).aws_s3_bucket?.[0]).toMatchObject({ force_destroy: true });
});

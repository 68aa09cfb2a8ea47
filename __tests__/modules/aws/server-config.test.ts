import { serverConfig } from "../../../modules/aws/server-config";
import { made } from "../../support/construct";

test("a configuration is encrypted with the environment's key, and Terraform reads nothing into it", () => {
  const server = { text: "password: $" + "{secret}", restartDigest: "0".repeat(64) };
  const config = made((scope) =>
    serverConfig(scope, "c", { bucket: "b", key: "k", digestsName: "/digests", kmsKeyArn: "arn:key", server }),
  );
  expect(config.aws_s3_object).toEqual([
    expect.objectContaining({
      server_side_encryption: "aws:kms",
      kms_key_id: "arn:key",
      content: "password: $$" + "{secret}",
      metadata: { "restart-digest": server.restartDigest },
    }),
  ]);
});

import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import type { Construct } from "constructs";
import { printPublished, textDigest } from "../../runtime/certificate-agent/contract";
import type { RenderedServer } from "../../templates/nats-conf";
import { escapeTemplate } from "../terraform/json";

export interface ServerConfigProps {
  bucket: string;
  key: string;
  /** Parameter of the digests. */
  digestsName: string;
  kmsKeyArn: string;
  server: RenderedServer;
}

/**
 * The configuration of a server, as an object that its agent reads. It holds no secret. Its digest stands where those who
 * write to the bucket need not be able to write: the agent takes no other text.
 */
export function serverConfig(scope: Construct, id: string, props: ServerConfigProps): S3Object {
  const { bucket, key, digestsName, kmsKeyArn, server } = props;
  const { text, restartDigest } = server;
  const digests = new SsmParameter(scope, `${id}-digests`, {
    name: digestsName,
    description: "Digests of a server's configuration: of what only a restart applies, and of its text",
    type: "String",
    value: printPublished({ restartDigest, textDigest: textDigest(text) }),
  });
  return new S3Object(scope, id, {
    bucket,
    key,
    content: escapeTemplate(text),
    contentType: "text/plain",
    serverSideEncryption: "aws:kms",
    kmsKeyId: kmsKeyArn,
    metadata: { "restart-digest": restartDigest },
    // What is not published yet is not taken.
    dependsOn: [digests],
  });
}

import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import type { Construct } from "constructs";
import type { RenderedServer } from "../../templates/nats-conf";
import { escapeTemplate } from "../terraform/json";

export interface ServerConfigProps {
  bucket: string;
  key: string;
  kmsKeyArn: string;
  server: RenderedServer;
}

/** The configuration of a server, as an object that its agent reads. It holds no secret. */
export function serverConfig(scope: Construct, id: string, props: ServerConfigProps): S3Object {
  const { bucket, key, kmsKeyArn, server } = props;
  return new S3Object(scope, id, {
    bucket,
    key,
    content: escapeTemplate(server.text),
    contentType: "text/plain",
    serverSideEncryption: "aws:kms",
    kmsKeyId: kmsKeyArn,
    metadata: { "restart-digest": server.restartDigest },
  });
}

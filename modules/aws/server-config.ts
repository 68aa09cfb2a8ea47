import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import type { Construct } from "constructs";
import { deployedDigest, type ServerConfProps, serverConf, toNatsConf } from "../../templates/nats-conf";
import { escapeTemplate } from "../terraform/json";

export interface ServerConfigProps {
  bucket: string;
  key: string;
  kmsKeyArn: string;
  server: ServerConfProps;
}

/** What of a server's configuration only a restart takes over; a task is replaced when it changes. */
export const serverRestartDigest = (props: ServerConfProps): string =>
  deployedDigest(serverConf(props), props.topology, props.trust);

/** The configuration of a server, where its agent finds it. It holds no secret. */
export function serverConfig(scope: Construct, id: string, props: ServerConfigProps): S3Object {
  const { bucket, key, kmsKeyArn, server } = props;
  return new S3Object(scope, id, {
    bucket,
    key,
    content: escapeTemplate(toNatsConf(server)),
    contentType: "text/plain",
    serverSideEncryption: "aws:kms",
    kmsKeyId: kmsKeyArn,
    metadata: { "restart-digest": serverRestartDigest(server) },
  });
}

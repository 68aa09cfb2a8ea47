import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Construct } from "constructs";
import { json } from "../terraform/json";

export interface EncryptionKeyProps {
  alias: string;
  environment: string;
  partition: string;
  region: string;
  accountId: string;
  /** Start of the log groups' names that may be encrypted with it. */
  logGroupPrefix: string;
}

/** The key for everything of the environment that rests: secrets, configurations, logs, images, queues. */
export class EncryptionKey extends Construct {
  readonly key: KmsKey;

  constructor(scope: Construct, id: string, props: EncryptionKeyProps) {
    super(scope, id);
    this.key = new KmsKey(this, "key", {
      description: `natsform ${props.environment}`,
      enableKeyRotation: true,
      // The longest there is: everything of the environment is unreadable without it.
      deletionWindowInDays: 30,
      policy: json({ Version: "2012-10-17", Statement: statements(props) }),
    });
    new KmsAlias(this, "alias", { name: props.alias, targetKeyId: this.key.keyId });
  }
}

function statements({ partition, region, accountId, logGroupPrefix }: EncryptionKeyProps) {
  const logs = `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroupPrefix}*`;
  return [
    {
      Sid: "AccountDecidesByIam",
      Effect: "Allow",
      Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
      // Without it the key could never be managed again; permissions to use it are decided by IAM policies.
      Action: "kms:*",
      // In a key's policy this is the key itself.
      Resource: "*",
    },
    {
      Sid: "LogsOfThisEnvironment",
      Effect: "Allow",
      Principal: { Service: `logs.${region}.amazonaws.com` },
      Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
      Resource: "*",
      Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": logs } },
    },
    {
      Sid: "EventsToEncryptedQueuesAndTopics",
      Effect: "Allow",
      Principal: { Service: ["cloudwatch.amazonaws.com", "events.amazonaws.com"] },
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceAccount": accountId } },
    },
  ];
}

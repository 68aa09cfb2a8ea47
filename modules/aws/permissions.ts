import type { Lookups } from "./lookups";
import type { Statement } from "./policy";

/** Reads secrets. The key that encrypts them is usable through Secrets Manager alone. */
export const readSecrets = (lookups: Lookups, arns: readonly string[]): Statement[] => [
  { Action: ["secretsmanager:GetSecretValue"], Resource: arns },
  ...(arns.length > 0 ? [decryptVia(lookups, "secretsmanager")] : []),
];

export const decryptVia = (
  lookups: Lookups,
  service: "dynamodb" | "lambda" | "s3" | "secretsmanager" | "sqs",
): Statement => ({
  Action: ["kms:Decrypt"],
  Resource: [lookups.kmsKeyArn],
  Condition: { StringEquals: { "kms:ViaService": `${service}.${lookups.region}.amazonaws.com` } },
});

export const writeLogs = (lookups: Lookups, groups: readonly string[]): Statement => ({
  Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: groups.map((group) => `${lookups.logGroupArn(group)}:*`),
});

/** Pulls images of repositories of the environment. */
export const pullImages = (lookups: Lookups, repositories: readonly string[]): Statement[] =>
  pullFrom(repositories.map(lookups.repositoryArn));

/** Pulls images of repositories of ECR. @param arns of the repositories */
export const pullFrom = (arns: readonly string[]): Statement[] => [
  // A token is for the whole registry: AWS has no resource level here.
  { Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
  { Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource: arns },
];

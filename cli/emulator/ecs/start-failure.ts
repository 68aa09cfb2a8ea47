import { type Aws, AwsError } from "../aws";

/**
 * Reason, as AWS words it, why a task would not start on AWS: an image that no repository holds, a secret without a
 * value. The emulator pulls nothing, so no other part would notice.
 */
export async function startFailure(
  aws: Aws,
  region: string,
  { containerDefinitions }: TaskDefinition,
): Promise<string | undefined> {
  for (const { image = "", secrets = [] } of containerDefinitions) {
    if (!(await isThere(aws, region, image))) return `CannotPullContainerError: ${image}: not found`;
    for (const { valueFrom } of secrets) {
      const missing = await missingSecret(aws, region, valueFrom);
      if (missing) return `ResourceInitializationError: unable to pull secrets: ${missing}`;
    }
  }
  return undefined;
}

/** True when ECR holds the image; images of other registries are not checked. */
async function isThere(aws: Aws, region: string, image: string): Promise<boolean> {
  const [, repositoryName = "", mark, version = ""] =
    /^\d+\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\/([^:@]+)([:@])(.+)$/.exec(image) ?? [];
  if (!mark) return true;
  const imageIds = [mark === "@" ? { imageDigest: version } : { imageTag: version }];
  try {
    const { images = [] } = await aws.json<{ images?: object[] }>(region, "ecr", "BatchGetImage", {
      repositoryName,
      imageIds,
    });
    return images.length > 0;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** `valueFrom` is an ARN, with up to three more parts for a key of its JSON. */
async function missingSecret(aws: Aws, region: string, valueFrom: string): Promise<string | undefined> {
  if (!valueFrom.includes(":secretsmanager:")) return undefined;
  const [SecretId, key] = [valueFrom.split(":").slice(0, 7).join(":"), valueFrom.split(":")[7]];
  try {
    const { SecretString = "" } = await aws.json<{ SecretString?: string }>(
      region,
      "secretsmanager",
      "GetSecretValue",
      {
        SecretId,
      },
    );
    if (key && !(key in (JSON.parse(SecretString) as object))) return `${SecretId} has no key ${key}`;
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error.message;
    throw error;
  }
}

export interface TaskDefinition {
  taskDefinitionArn: string;
  containerDefinitions: {
    name: string;
    image?: string;
    healthCheck?: object;
    secrets?: { name: string; valueFrom: string }[];
  }[];
}

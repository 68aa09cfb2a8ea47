import { AwsProvider, type AwsProviderEndpoints } from "@cdktf/provider-aws/lib/provider";
import type { TerraformStack } from "cdktf";
import type { StackContext } from "./context";

/** Every service that the stacks use: on an emulated AWS, one that is left out would reach the real one. */
const services = [
  "acm",
  "appautoscaling",
  "cloudwatch",
  "dynamodb",
  "ec2",
  "ecr",
  "ecs",
  "efs",
  "elbv2",
  "events",
  "iam",
  "kms",
  "lambda",
  "logs",
  "route53",
  "s3",
  "secretsmanager",
  "servicediscovery",
  "sns",
  "sqs",
  "ssm",
  "sts",
  "wafv2",
] as const satisfies readonly (keyof AwsProviderEndpoints)[];

/** The provider of a stack: its region, tags on everything, and an emulated AWS where the settings name one. */
export function addAwsProvider(stack: TerraformStack, region: string, { environment, settings }: StackContext): void {
  const tags = { ...environment.tags, "natsform:environment": environment.name };
  new AwsProvider(stack, "aws", {
    region,
    defaultTags: [{ tags }],
    ...(settings.emulatorEndpoint ? emulated(settings.emulatorEndpoint) : {}),
  });
}

const emulated = (endpoint: string) => ({
  endpoints: [Object.fromEntries(services.map((service) => [service, endpoint])) as AwsProviderEndpoints],
  s3UsePathStyle: true,
  skipCredentialsValidation: true,
  skipMetadataApiCheck: "true",
  skipRegionValidation: true,
});

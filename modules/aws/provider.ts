import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import type { TerraformStack } from "cdktf";
import type { StackContext } from "./context";

/** The account that the emulated AWS says it is. */
const emulatedAccount = "123456789012";

/** The provider of a stack: its region, tags on everything, and what an emulated AWS takes where the settings name one. */
export function addAwsProvider(stack: TerraformStack, region: string, { environment, settings }: StackContext): void {
  const tags = { ...environment.tags, "natsform:environment": environment.name };
  new AwsProvider(stack, "aws", {
    region,
    defaultTags: [{ tags }],
    ...(settings.emulatorEndpoint ? emulated : {}),
  });
}

/**
 * The address comes from `AWS_ENDPOINT_URL`. In a block `endpoints` the provider looks at each of its 300 names, and writes
 * down all of them for each one: 4 s of CPU for every plan, and 6 s for every apply. Whoever starts Terraform here without
 * that variable reaches his own account, which is refused.
 */
const emulated = {
  allowedAccountIds: [emulatedAccount],
  s3UsePathStyle: true,
  skipCredentialsValidation: true,
  skipMetadataApiCheck: "true",
  skipRegionValidation: true,
};

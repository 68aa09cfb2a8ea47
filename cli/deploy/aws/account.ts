import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { errorMessage } from "../../../runtime/common/error-message";
import { UserError } from "../../core/project";
import type { StackState } from "../states/state";
import { clientConfig, type DeployTarget } from "../target";

/** Account that the caller's credentials open. @throws UserError where AWS does not accept them */
export async function callersAccount(target: DeployTarget, region: string): Promise<string> {
  const client = new STSClient(clientConfig(target, region));
  try {
    const { Account = "" } = await client.send(new GetCallerIdentityCommand({}));
    return Account;
  } catch (error) {
    throw new UserError(
      `AWS does not accept the caller's credentials: ${errorMessage(error)}`,
      "set credentials as for AWS's own tools",
    );
  } finally {
    client.destroy();
  }
}

/** Account in which a state's resources are, by their ARNs. Pure. */
export function accountOf({ resources }: StackState): string | undefined {
  for (const { provider, attributes } of resources) {
    const [, account] = /^arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):/.exec(String(attributes.arn)) ?? [];
    if (provider === "aws" && account) return account;
  }
  return undefined;
}

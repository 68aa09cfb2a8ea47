import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { awsLimits } from "../../runtime/common/aws-limits";
import { errorMessage } from "../../runtime/common/error-message";
import { UserError } from "../core/project";
import { crane, lastLine } from "./crane";

const ecrHost = /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

/** Registry of the account whose credentials the environment holds. */
export async function accountRegistry(
  region: string,
  sts = new STSClient({ ...awsLimits(), region }),
): Promise<string> {
  try {
    const { Account } = await sts.send(new GetCallerIdentityCommand({}));
    return `${Account}.dkr.ecr.${region}.amazonaws.com`;
  } catch (error) {
    throw new UserError(
      `cannot determine the AWS account: ${errorMessage(error)}`,
      "give credentials of the account, or name a registry with --registry",
    );
  }
}

/**
 * Runs `use` with a folder of logins for the registry: one of its own that is removed afterwards for ECR, whose
 * passwords last for hours, and the user's own for any other.
 */
export async function withLogin<T>(
  registry: string,
  use: (dockerConfig: string | undefined) => Promise<T>,
  ecr = (region: string) => new ECRClient({ ...awsLimits(), region }),
): Promise<T> {
  const region = ecrHost.exec(registry)?.[1];
  if (!region) return use(undefined);
  // Made by mkdtemp for its owner alone.
  const folder = mkdtempSync(join(tmpdir(), "natsform-docker-"));
  try {
    const { authorizationData } = await ecr(region).send(new GetAuthorizationTokenCommand({}));
    const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64").toString();
    const [user = "", password = ""] = token.split(/:(.*)/s);
    const args = ["auth", "login", registry, "--username", user, "--password-stdin"];
    const { ok, stderr } = await crane(args, { input: password, dockerConfig: folder });
    if (!ok) throw new UserError(`no login at ${registry}: ${lastLine(stderr)}`);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

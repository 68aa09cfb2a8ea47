import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { type AwsStack, clusterOf } from "../../../model/topology";
import { awsSecrets } from "../../../runtime/certificate-manager/aws/secrets";
import type { Progress } from "../../core/steps";
import { readSynthesized } from "../synthesized";
import { clientConfig, type DeployTarget } from "../target";
import { certificateIn, isManaged, secretOf } from "./check-secrets";

const type = "aws_lambda_invocation";
const Synthesized = z.object({ resource: z.object({ [type]: z.record(z.string(), z.unknown()).default({}) }) });

/**
 * The first run of the certificate-manager, when secrets have lost their certificates since. Terraform sees its list alone,
 * which is the same; the schedule's next run may be hours away.
 */
export async function driftedCertificates(
  target: DeployTarget,
  { id, cluster: name, region }: AwsStack & { cluster: string },
  changed: readonly string[],
  show: Progress,
): Promise<string[]> {
  const runs = Object.keys(Synthesized.parse(readSynthesized(target, id)).resource[type]);
  const addresses = runs.map((run) => `${type}.${run}`).filter((address) => !changed.includes(address));
  if (addresses.length === 0) return [];
  const secrets = awsSecrets(new SecretsManagerClient(clientConfig(target, region)));
  const lost: string[] = [];
  for (const certificate of clusterOf(target.topology, name).certificates.filter(isManaged)) {
    const secret = secretOf(target, name, certificate);
    if (!certificateIn((await secrets.read(secret))?.value ?? "")) lost.push(secret);
  }
  if (lost.length === 0) return [];
  show(`no certificate is in ${lost.join(", ")}; the certificate-manager runs again`);
  return addresses;
}

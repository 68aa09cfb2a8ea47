import type { KubernetesStack } from "../../../model/topology";
import type { Progress } from "../../core/steps";
import { readSynthesized } from "../synthesized";
import type { DeployTarget } from "../target";
import { missingCertificates } from "./certificate-secrets";
import { clusterAccess } from "./cluster";
import { jobAddresses } from "./drifted-streams";

/**
 * The finished Job that issues certificates, when Secrets have lost theirs since. A Job runs once and is named by what
 * it issues, so Terraform does not notice; the schedule's next run may be hours away.
 */
export async function driftedCertificates(
  target: DeployTarget,
  { id, cluster: name }: KubernetesStack,
  changed: readonly string[],
  show: Progress,
): Promise<string[]> {
  const { cluster, names } = clusterAccess(target, name);
  if (!cluster.renewsByJob) return [];
  const stack = readSynthesized(target, id);
  const address = jobAddresses(stack, [names.renewal], (job) => job).get(names.renewal);
  if (!address || changed.includes(address)) return [];
  const missing = await missingCertificates(
    target,
    name,
    cluster.certificates.filter(({ id }) => id !== "public"),
  );
  if (missing.length === 0) return [];
  show(`the Secrets lack ${missing.join(", ")}; the Job that issues certificates runs again`);
  return [address];
}

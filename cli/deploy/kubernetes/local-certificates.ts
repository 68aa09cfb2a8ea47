import { z } from "zod";
import { authorityKey } from "../../../templates/helm-values";
import { UserError } from "../../core/project";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";

export const SecretData = z.object({ data: z.record(z.string(), z.string()).default({}) });

/**
 * Certificates that are not issued in the Kubernetes cluster have to be in their Secrets before the servers start: pods
 * would wait for the files, and the apply for the pods.
 *
 * @throws UserError with the keys that are missing
 */
export async function refuseEmptyCertificates(target: DeployTarget, name: string): Promise<void> {
  const { cluster, names, kubectl, inside } = clusterAccess(target, name);
  const local = cluster.certificates.filter(({ signer }) => signer === "local");
  const desired = new Map<string, Set<string>>();
  const expectKey = (secret: string, key: string) => desired.set(secret, (desired.get(secret) ?? new Set()).add(key));
  for (const { id, issuer } of local) {
    for (const key of ["tls.crt", "tls.key"]) expectKey(names.certificates.certificate(id), key);
    expectKey(names.certificates.authorities, authorityKey(issuer));
  }
  const missing: string[] = [];
  for (const [secret, keys] of desired) {
    const { data } = await kubectl.json(SecretData, ...inside, "get", "secret", secret);
    missing.push(...[...keys].filter((key) => !data[key]).map((key) => `${secret}: ${key}`));
  }
  if (missing.length > 0)
    throw new UserError(
      `${name} has tls.issuer "local", and its Secrets lack ${missing.join(", ")}`,
      "fill them as docs/runbooks/first-deployment-kubernetes.md says, and deploy again",
    );
}

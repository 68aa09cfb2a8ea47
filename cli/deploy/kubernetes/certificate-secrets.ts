import { z } from "zod";
import type { Certificate, ClusterSecrets } from "../../../model/topology";
import { authorityKey } from "../../../templates/helm-values";
import { UserError } from "../../core/project";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";

const SecretData = z.object({ data: z.record(z.string(), z.string()).default({}) });

/** @param text a Secret as kubectl prints it; empty when there is none @returns its data, in base64 */
const dataIn = (text: string): Record<string, string> => SecretData.parse(text === "" ? {} : JSON.parse(text)).data;

/** Data of a Secret, decoded; one that somebody has deleted holds nothing. */
export async function secretData(target: DeployTarget, cluster: string, name: string): Promise<Record<string, string>> {
  const { kubectl, inside } = clusterAccess(target, cluster);
  const data = dataIn(await kubectl.text(...inside, "get", "secret", name, "--ignore-not-found", "--output", "json"));
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

/** What the Secrets of certificates lack, as `SECRET: KEY`; a Secret that is not there lacks everything. */
export async function missingCertificates(
  target: DeployTarget,
  name: string,
  certificates: readonly ExpectedCertificate[],
): Promise<string[]> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const expected = expectedKeys(names.certificates, certificates);
  const missing: string[] = [];
  for (const [secret, keys] of expected) {
    const text = await kubectl.text(...inside, "get", "secret", secret, "--ignore-not-found", "--output", "json");
    missing.push(...lacking(secret, keys, text));
  }
  return missing;
}

type ExpectedCertificate = Pick<Certificate, "id" | "issuer">;

/** Keys that each Secret has to hold for these certificates, by the Secret's name. */
export function expectedKeys(
  names: Pick<ClusterSecrets, "certificate" | "authorities">,
  certificates: readonly ExpectedCertificate[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const expected = new Map<string, Set<string>>();
  const expectKey = (secret: string, key: string) => expected.set(secret, (expected.get(secret) ?? new Set()).add(key));
  for (const { id, issuer } of certificates) {
    for (const key of ["tls.crt", "tls.key"]) expectKey(names.certificate(id), key);
    expectKey(names.authorities, authorityKey(issuer));
  }
  return expected;
}

/** @param text the Secret as kubectl prints it; empty when there is none */
export function lacking(secret: string, keys: ReadonlySet<string>, text: string): string[] {
  const data = dataIn(text);
  return [...keys].filter((key) => !data[key]).map((key) => `${secret}: ${key}`);
}

/**
 * Certificates that are not issued in the Kubernetes cluster have to be in their Secrets before the servers start: pods
 * would wait for the files, and the apply for the pods.
 *
 * @throws UserError with the keys that are missing
 */
export async function refuseEmptyCertificates(target: DeployTarget, name: string): Promise<void> {
  const { cluster } = clusterAccess(target, name);
  const local = cluster.certificates.filter(({ signer }) => signer === "local");
  const missing = await missingCertificates(target, name, local);
  if (missing.length > 0)
    throw new UserError(
      `${name} has tls.issuer "local", and its Secrets lack ${missing.join(", ")}`,
      "fill them as docs/runbooks/first-deployment-kubernetes.md says, and deploy again",
    );
}

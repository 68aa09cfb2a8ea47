import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type Certificate, clusterOf, platformModel } from "../../../model/topology";
import { awsSecrets } from "../../../runtime/certificate-manager/aws/secrets";
import type { ManagedCertificate } from "../../../runtime/certificate-manager/contract";
import { reasonToRenew } from "../../../runtime/certificate-manager/decide";
import { inspect } from "../../../runtime/certificate-manager/inspect";
import { CertificateState } from "../../../runtime/certificate-manager/state";
import { splitPem } from "../../../runtime/x509/pem";
import { clientConfig, type DeployTarget } from "../target";
import { certificateIn, isManaged, secretOf } from "./check-secrets";

/** Certificates of a cluster that the certificate-manager issues again at its next run: by id, the reason. */
export async function dueCertificates(target: DeployTarget, name: string, now: Date): Promise<Record<string, string>> {
  const { platform, certificates } = clusterOf(target.topology, name);
  const client = new SecretsManagerClient(clientConfig(target, platformModel(platform).region(platform) ?? ""));
  const due: Record<string, string> = {};
  for (const certificate of certificates.filter(isManaged)) {
    const secret = secretOf(target, name, certificate);
    // One that is gone or has no value stores nothing: the program makes it as well.
    const { value = "" } = (await awsSecrets(client).read(secret)) ?? {};
    const why = whyDue(value, certificate, secret, now);
    if (why !== undefined) due[certificate.id] = why;
  }
  return due;
}

/**
 * As the program decides, by what is stored alone: an authority signs first among those that stand beside its certificate.
 *
 * @param text value of the certificate's secret
 */
export function whyDue(text: string, certificate: Certificate, secret: string, now: Date): string | undefined {
  const data = certificateIn(text);
  const { id, names, usages, signer, issuer } = certificate;
  const desired: ManagedCertificate = { id, secret, names, usages, issuer: signer === "acme" ? "acme" : issuer };
  const [first] = splitPem(data?.authorities ?? "");
  return reasonToRenew({
    now,
    certificate: desired,
    ...(data && { stored: { ...inspect(data, desired, now), authorities: data.authorities } }),
    ...(first && data && { trust: { bundle: data.authorities, signer: first } }),
    state: CertificateState.parse({}),
  });
}

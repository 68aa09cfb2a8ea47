import type { EcsCluster } from "../../model/topology";
import { awsClusterNames, type Certificate } from "../../model/topology";
import type { ManagedCertificate } from "../../runtime/certificate-manager/env";
import { secretOfCertificate } from "./agent-environment";

/** Certificates of a cluster that the deployment itself keeps valid; `local` ones come from a laptop, by hand. */
export function managedCertificates(environment: string, cluster: EcsCluster): ManagedCertificate[] {
  return cluster.certificates.filter(isManaged).map((certificate) => ({
    id: certificate.id,
    secret: secretOfCertificate(environment, cluster.name, certificate),
    names: certificate.names,
    issuer: certificate.signer === "acme" ? "acme" : certificate.issuer,
    usages: certificate.usages,
    ttlSeconds: certificate.ttlMs === undefined ? undefined : Math.floor(certificate.ttlMs / 1000),
  }));
}

const isManaged = ({ signer }: Certificate) =>
  signer === "acme" || signer === "certificate-manager" || signer === "acm-pca";

/** Secrets of the private authorities whose keys are the deployment's own, by issuer. */
export function authoritySecrets(environment: string, cluster: EcsCluster): Record<string, string> {
  const { authoritySecret } = awsClusterNames(environment, cluster.name);
  const issuers = cluster.certificates.filter(({ signer }) => signer === "certificate-manager");
  return Object.fromEntries(issuers.map(({ issuer }) => [issuer, authoritySecret(issuer)]));
}

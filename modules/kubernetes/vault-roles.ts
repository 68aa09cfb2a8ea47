import { type Certificate, type IssuerId, vaultMount, vaultRole } from "../../model/topology";
import type { RenewedCertificate } from "../../runtime/certificate-renewal/env";
import type { KubernetesContext } from "./context";

/** Certificates of the cluster that Vault signs. */
export const vaultCertificates = ({ cluster }: KubernetesContext): Certificate[] =>
  cluster.certificates.filter(({ signer }) => signer === "vault");

/** Purposes that they are for: an authority each, so that no certificate is valid for another one. */
export const vaultIssuers = (context: KubernetesContext): IssuerId[] => [
  ...new Set(vaultCertificates(context).map(({ issuer }) => issuer)),
];

/** Mount of the intermediate authority of a purpose. */
export const mountOf = ({ config }: KubernetesContext, issuer: IssuerId): string => vaultMount(config.tls, issuer);

/** Role of a certificate in its mount. */
export const roleOf = ({ config, cluster }: KubernetesContext, { id }: Certificate): string =>
  vaultRole(config.tls, cluster.name, id);

/** Policy and role of the renewal job. */
export const renewalRole = ({ environment, names }: KubernetesContext): string =>
  `${environment.name}-${names.renewal}`;

/** The same certificates for the renewal job. */
export const renewedCertificates = (context: KubernetesContext): RenewedCertificate[] =>
  vaultCertificates(context).map((certificate) => ({
    id: certificate.id,
    issuer: certificate.issuer,
    secret: context.names.certificates.certificate(certificate.id),
    mount: mountOf(context, certificate.issuer),
    role: roleOf(context, certificate),
    names: certificate.names,
    usages: certificate.usages,
    ttlSeconds: ttlSeconds(certificate),
  }));

export const ttlSeconds = ({ ttlMs = 30 * 86_400_000 }: Certificate): number => Math.floor(ttlMs / 1000);

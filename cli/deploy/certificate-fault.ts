import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Certificate } from "../../model/topology";
import type { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { readPem, splitPem } from "../../runtime/x509/pem";

/** Reason why clients would refuse a certificate; `undefined` when they would accept it. */
export function certificateFault(
  { certificate, chain, privateKey }: Omit<CertificateSecret, "authorities">,
  { names }: Pick<Certificate, "names">,
  roots: readonly string[],
  now: Date,
): string | undefined {
  const leaf = new X509Certificate(certificate);
  if (!leaf.checkPrivateKey(createPrivateKey(privateKey))) return "its key belongs to another certificate";
  const missing = names.filter((name) => !leaf.checkHost(name.replace("*.", "any.")));
  if (missing.length > 0) return `lacks ${missing.join(", ")}`;
  if (now < new Date(leaf.validFrom) || now > new Date(leaf.validTo))
    return `valid from ${leaf.validFrom} to ${leaf.validTo}`;
  let last = leaf;
  const path = [leaf];
  for (const pem of splitPem(chain)) {
    const next = new X509Certificate(pem);
    if (!isSignedBy(last, next)) return `its chain breaks after ${last.subject}`;
    path.push(next);
    last = next;
  }
  // A trusted intermediate ends the chain, whatever comes after it.
  const trusted = path.some((one) => roots.some((pem) => isSignedBy(one, new X509Certificate(pem))));
  return trusted ? undefined : `signed by an authority that is not trusted: ${last.issuer}`;
}

export const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate) =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** Longer than any replacement takes whose servers all load what is stored. */
const exchangeDays = 7;

/**
 * What is said of an authority that is trusted for long and still signs nothing: a server has not loaded it, and nobody goes
 * on before. Nothing is broken until the one that signs ends.
 *
 * @param authorities PEM of the cluster's own for this purpose
 */
export function waitingAuthority(certificate: string, authorities: string, now: Date): string | undefined {
  const leaf = new X509Certificate(certificate);
  const [newest] = readPem(authorities).sort((one, other) => Date.parse(other.validFrom) - Date.parse(one.validFrom));
  if (!newest || isSignedBy(leaf, newest)) return undefined;
  const days = Math.floor((now.getTime() - Date.parse(newest.validFrom)) / 86_400_000);
  return days < exchangeDays
    ? undefined
    : `another authority is trusted for ${days} days and does not sign yet: a server has not loaded it`;
}

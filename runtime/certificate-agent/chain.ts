import type { X509Certificate } from "node:crypto";
import { readPem } from "../x509/pem";

const signedBy = (issuer: X509Certificate) => (certificate: X509Certificate) =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
const validAt = (now: Date) => (certificate: X509Certificate) =>
  new Date(certificate.validFrom) <= now && now < new Date(certificate.validTo);

/**
 * Reasons why a chain does not lead from the certificate to an authority. Without authorities only its own links are
 * checked: clients decide which public authorities to trust.
 *
 * @param crt the certificate, then its intermediates
 */
export function chainProblems(crt: string, authorities: string, now: Date): string[] {
  const chain = readPem(crt);
  const problems = chain.slice(1).flatMap((issuer, index) => {
    const below = chain[index];
    return below && signedBy(issuer)(below)
      ? []
      : [`link ${index + 1} of the chain did not sign the certificate before it`];
  });
  if (!chain.slice(1).every(validAt(now))) problems.push("a link of the chain is not valid now");

  const trusted = readPem(authorities);
  const last = chain.at(-1);
  if (trusted.length > 0 && last) {
    const anchors = trusted.filter((authority) => signedBy(authority)(last));
    if (anchors.length === 0) problems.push("none of the authorities signed it");
    else if (!anchors.some(validAt(now))) problems.push("the authority that signed it is not valid now");
  }
  return problems;
}

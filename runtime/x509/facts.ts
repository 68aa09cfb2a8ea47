import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** Facts that a certificate states about itself. */
export interface CertificateFacts {
  /** DNS names, in lower case. */
  names: string[];
  notBefore: Date;
  notAfter: Date;
  /** Empty when it may be used for anything. */
  usages: string[];
}

const usageNames: Record<string, string> = { "1.3.6.1.5.5.7.3.1": "server", "1.3.6.1.5.5.7.3.2": "client" };

/** @throws when the text is no certificate */
export function readFacts(pem: string): CertificateFacts {
  const { subjectAltName = "", validFrom, validTo, keyUsage = [] } = new X509Certificate(pem);
  return {
    // A name with unusual characters is quoted, and is never a desired one.
    names: subjectAltName.split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice(4).toLowerCase()] : [])),
    notBefore: new Date(validFrom),
    notAfter: new Date(validTo),
    // Node's key usage is the extended one.
    usages: (keyUsage as string[] | undefined)?.map((usage) => usageNames[usage] ?? usage) ?? [],
  };
}

/**
 * Id of a certificate in requests for an ACME server's renewal information (RFC 9773); undefined when the certificate
 * does not identify the key that signed it.
 */
export function renewalId(pem: string): string | undefined {
  const certificate = new x509.X509Certificate(pem);
  const issuerKey = certificate.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
  if (!issuerKey) return undefined;
  const url = (hex: string) => Buffer.from(hex, "hex").toString("base64url");
  // The serial number as it stands in the certificate: a first byte of 80 and above has a zero before it.
  const serial = certificate.serialNumber;
  return `${url(issuerKey)}.${url(Number.parseInt(serial.slice(0, 2), 16) >= 0x80 ? `00${serial}` : serial)}`;
}

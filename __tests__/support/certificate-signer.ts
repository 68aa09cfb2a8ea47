import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { KeyPairPem } from "../../runtime/x509/authority";

x509.cryptoProvider.set(webcrypto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Signs a request as a public authority does: for servers alone, and not for longer than it likes. @returns PEM */
export async function signRequest(authority: KeyPairPem, request: string, from: Date, lifetimeMs: number) {
  const issuer = new x509.X509Certificate(authority.cert);
  const csr = new x509.Pkcs10CertificateRequest(request);
  const der = x509.PemConverter.decodeFirst(authority.key);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("hex"),
    issuer: issuer.subjectName,
    notBefore: from,
    notAfter: new Date(from.getTime() + lifetimeMs),
    signingAlgorithm: algorithm,
    signingKey: await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]),
    publicKey: csr.publicKey,
    extensions: [
      ...csr.extensions.filter((extension) => extension instanceof x509.SubjectAlternativeNameExtension),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

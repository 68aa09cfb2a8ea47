import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { type SubjectNames, subjectOf } from "./names";

x509.cryptoProvider.set(webcrypto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Certificate and private key, both PEM. */
export interface KeyPairPem {
  cert: string;
  key: string;
}

export interface LeafCertificateProps {
  names: SubjectNames;
  usages: readonly ("server" | "client")[];
  /** Lifetime in milliseconds from `now`. */
  ttlMs: number;
  now: Date;
}

/** Clocks of machines differ: what is valid from this very second is refused by one that is slow. */
const backdateMs = 5 * 60_000;
const serial = () => Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("hex");
const keyPem = async (key: webcrypto.CryptoKey) =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");

/** A self-signed certification authority that signs leaf certificates and nothing below another authority. */
export async function createAuthority(commonName: string, ttlMs: number, now: Date): Promise<KeyPairPem> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + ttlMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString("pem")}\n`, key: `${await keyPem(keys.privateKey)}\n` };
}

/** A leaf certificate with a key of its own, signed by `authority`. */
export async function issueCertificate(authority: KeyPairPem, props: LeafCertificateProps): Promise<KeyPairPem> {
  const issuer = new x509.X509Certificate(authority.cert);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    x509.PemConverter.decodeFirst(authority.key),
    algorithm,
    false,
    ["sign"],
  );
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const usages = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };
  const { name, alternatives } = subjectOf(props.names);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: name,
    issuer: issuer.subjectName,
    notBefore: new Date(props.now.getTime() - backdateMs),
    notAfter: new Date(Math.min(props.now.getTime() + props.ttlMs, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    signingKey,
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(props.usages.map((usage) => usages[usage])),
      alternatives,
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString("pem")}\n`, key: `${await keyPem(keys.privateKey)}\n` };
}

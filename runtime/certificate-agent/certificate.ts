import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { CertificateSecret } from "../certificate-manager/contract";
import { errorMessage } from "../common/error-message";
import { readPem, splitPem, unionPem } from "../x509/pem";
import { chainProblems } from "./chain";

/** A certificate with its key, as the server reads them. */
export interface ServerCertificate {
  /** The certificate, then the intermediates. */
  crt: string;
  key: string;
  /** Authorities that peers of the same issuer are verified with; empty for a public certificate. */
  authorities: string;
  /** As a TLS client sees it: SHA-256 in hexadecimal with colons. */
  fingerprint: string;
  notAfter: Date;
}

export interface DesiredCertificate {
  names: readonly string[];
  usages: readonly ("server" | "client")[];
  /** True when the one in use is verified by authorities of its own: the next one must be, too. */
  isPrivate: boolean;
  now: Date;
}

export type Verdict = { certificate: ServerCertificate } | { problems: string[] };

/**
 * Reads the value of a secret, and lists everything that speaks against serving it. No problem quotes the secret: a key
 * in the wrong field would be logged.
 */
export function verifyCertificate(secret: string, desired: DesiredCertificate): Verdict {
  const parsed = CertificateSecret.safeParse(parseJson(secret));
  if (!parsed.success) {
    const fields = [...new Set(parsed.error.issues.map(({ path }) => path.join(".") || "the whole value"))];
    return {
      problems: [`the secret does not have the form that the certificate-manager writes: see ${fields.join(", ")}`],
    };
  }
  const { certificate, chain, privateKey, authorities } = parsed.data;
  try {
    const [leaf] = splitPem(certificate);
    const pair = readPair(`${leaf ?? ""}${unionPem([chain])}`, privateKey, unionPem([authorities]));
    const problems = [...leafProblems(pair, desired), ...chainProblems(pair.crt, pair.authorities, desired.now)];
    if (desired.isPrivate && pair.authorities === "") problems.push("it names no authority to verify peers with");
    return problems.length > 0 ? { problems } : { certificate: pair };
  } catch (error) {
    return { problems: [errorMessage(error)] };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message would quote the text.
    return undefined;
  }
}

/** @throws when either cannot be read, or the key belongs to another certificate */
export function readPair(crt: string, key: string, authorities: string): ServerCertificate {
  const [leaf] = readOr("the certificate cannot be read", () => readPem(crt));
  if (!leaf) throw new Error("there is no certificate");
  const privateKey = readOr("the private key cannot be read", () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) throw new Error("the private key belongs to another certificate");
  readOr("the authorities cannot be read", () => readPem(authorities));
  return { crt, key, authorities, fingerprint: leaf.fingerprint256, notAfter: new Date(leaf.validTo) };
}

function readOr<T>(problem: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new Error(problem);
  }
}

const usageIds = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };

function leafProblems({ crt }: ServerCertificate, { names, usages, now }: DesiredCertificate): string[] {
  const leaf = new X509Certificate(crt);
  const problems: string[] = [];
  if (now < new Date(leaf.validFrom)) problems.push(`it is valid only from ${leaf.validFrom}`);
  if (now >= new Date(leaf.validTo)) problems.push(`it expired on ${leaf.validTo}`);
  const missing = names.filter((name) => !carries(leaf, name));
  if (missing.length > 0) problems.push(`it does not carry ${missing.join(", ")}`);
  // Without the extension every usage is allowed.
  const allowed: readonly string[] | undefined = leaf.keyUsage;
  const refused = usages.filter((usage) => allowed && !allowed.includes(usageIds[usage]));
  if (refused.length > 0) problems.push(`it may not be used as ${refused.join(" and ")}`);
  return problems;
}

/**
 * Returns whether a certificate covers a name. A wildcard must be in it literally; any other name may match a wildcard.
 */
function carries(leaf: X509Certificate, name: string): boolean {
  const listed = (leaf.subjectAltName ?? "").split(", ").includes(`DNS:${name}`);
  return listed || (!name.startsWith("*.") && leaf.checkHost(name, { subject: "never" }) !== undefined);
}

/** Equal exactly when certificate, key and authorities are. It reveals nothing of the key. */
export const contentDigest = ({ crt, key, authorities }: ServerCertificate): string =>
  createHash("sha256")
    .update(JSON.stringify([crt, key, authorities]))
    .digest("hex")
    .slice(0, 24);

import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { type CertificateFacts, readFacts } from "../x509/facts";
import { splitPem } from "../x509/pem";
import {
  type CertificateSecret,
  CertificateSecret as CertificateSecretSchema,
  type ManagedCertificate,
} from "./contract";
import { renewalByLifetime } from "./renewal";

/** An inspected certificate with its chain and key; usable as desired when there are no problems. */
export interface Inspection {
  facts?: CertificateFacts;
  /** PEM of the authority among `authorities` that vouches for it. */
  authority?: string;
  problems: string[];
}

/** Clocks of machines differ. */
const toleranceMs = 5 * 60_000;

/**
 * Checks everything that a client checks: names, dates, usages, the key, and the chain up to an authority. No problem
 * quotes a key.
 */
export function inspect(secret: CertificateSecret, desired: ManagedCertificate, now: Date): Inspection {
  const { facts, authority, chainLength, endsFirst, problems } = read(secret);
  if (!facts) return { problems };
  const trust: string[] = [];
  // A verifier of a public certificate has the root alone: without an intermediate it finds no chain to it.
  if (desired.issuer === "acme" && chainLength === 0) trust.push("its chain is missing");
  if (desired.issuer !== "acme" && !authority) trust.push("none of its authorities has signed it");
  if (endsFirst && endsFirst <= now) trust.push("a certificate above it has ended");
  return { facts, authority, problems: [...problems, ...checkFacts(facts, desired, now), ...trust] };
}

/** Checks a new certificate more strictly than a stored one: it must be exactly what was requested, and last. */
export function inspectIssued(secret: CertificateSecret, desired: ManagedCertificate, now: Date): Inspection {
  const inspection = inspect(secret, desired, now);
  const { facts, problems } = inspection;
  if (!facts) return inspection;
  const names = desired.names.map((name) => name.toLowerCase());
  const others = facts.names.filter((name) => !names.includes(name));
  const due = renewalByLifetime(facts) <= now ? ["it would be renewed at once"] : [];
  return { ...inspection, problems: [...problems, ...others.map((name) => `it names ${name}`), ...due] };
}

function checkFacts({ names, usages, notBefore, notAfter }: CertificateFacts, desired: ManagedCertificate, now: Date) {
  const problems: string[] = [];
  const missing = desired.names.filter((name) => !names.includes(name.toLowerCase()));
  if (missing.length > 0) problems.push(`it lacks ${missing.join(", ")}`);
  // One without the extension may be used for anything (RFC 5280).
  const unusable = usages.length > 0 ? desired.usages.filter((usage) => !usages.includes(usage)) : [];
  if (unusable.length > 0) problems.push(`it is not for use as ${unusable.join(" and ")}`);
  if (notBefore.getTime() > now.getTime() + toleranceMs) problems.push(`it begins at ${notBefore.toISOString()}`);
  if (notAfter <= now) problems.push(`it ended at ${notAfter.toISOString()}`);
  return problems;
}

/** Results that depend neither on the time nor on the desired certificate. */
interface Reading extends Inspection {
  chainLength?: number;
  /** End of the first certificate above it that expires. */
  endsFirst?: Date;
}

const readings = new Map<string, Reading>();

/** Signatures are verified once: a function sees the same certificates again and again. */
function read(secret: CertificateSecret): Reading {
  const digest = createHash("sha256").update(JSON.stringify(secret)).digest("base64");
  const known = readings.get(digest);
  if (known) return known;
  if (readings.size > 100) readings.clear();
  const reading = verify(secret);
  readings.set(digest, reading);
  return reading;
}

function verify(secret: CertificateSecret): Reading {
  if (!CertificateSecretSchema.safeParse(secret).success) return { problems: ["it is not PEM"] };
  try {
    const own = splitPem(secret.certificate);
    const [first, ...others] = own;
    if (first === undefined || others.length > 0) return { problems: [`it holds ${own.length} certificates, not one`] };
    const certificate = new X509Certificate(first);
    const chain = splitPem(secret.chain).map((pem) => new X509Certificate(pem));
    const last = chain[chain.length - 1] ?? certificate;
    const authority = splitPem(secret.authorities).find((pem) => signedBy(last, new X509Certificate(pem)));
    const above = [...chain, ...(authority ? [new X509Certificate(authority)] : [])];
    const problems: string[] = [];
    const broken = chain.findIndex((issuer, index) => !signedBy(chain[index - 1] ?? certificate, issuer));
    if (broken >= 0) problems.push(`certificate ${broken + 1} of the chain has not signed the one before it`);
    if (certificate.ca) problems.push("it is an authority");
    if (!certificate.checkPrivateKey(createPrivateKey(secret.privateKey))) problems.push("the key is not its key");
    const ends = above.map(({ validTo }) => new Date(validTo).getTime());
    const endsFirst = ends.length > 0 ? new Date(Math.min(...ends)) : undefined;
    return { facts: readFacts(first), authority, chainLength: chain.length, endsFirst, problems };
  } catch (error) {
    return { problems: [`it cannot be read: ${(error as { code?: string }).code ?? (error as Error).name}`] };
  }
}

const signedBy = (certificate: X509Certificate, issuer: X509Certificate) =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

import { createHash } from "node:crypto";
import { z } from "zod";
import type { ManagedCertificate } from "./contract";

const instant = z.iso.datetime().transform((text) => new Date(text));

/** Known state of a certificate's issuance; it outlives the invocation that recorded it. */
export const CertificateState = z.object({
  /** Fingerprint of the request whose failures are counted: another request starts again. */
  fingerprint: z.string().default(""),
  /** Attempts in a row that did not end well. One is counted before it begins: a run that is killed has failed. */
  failures: z.int().min(0).default(0),
  reason: z.string().optional(),
  /** An attempt is under way, or was cut off: only the lease can tell. */
  unfinished: z.boolean().default(false),
  nextTryAt: instant.optional(),
  /** Times at which a public authority was asked to sign, in the last days. */
  finalizations: z.array(instant).default([]),
  /** TXT values that may stand in the zone. */
  challenges: z.array(z.object({ record: z.string(), value: z.string() })).default([]),
  /** ACME directory that the stored certificate came from. */
  source: z.string().optional(),
});
export type CertificateState = z.output<typeof CertificateState>;

/** Renewal information that an issuer gave for a certificate. */
export const RenewalInfo = z.object({
  /** The certificate, as `renewalId` names it. */
  certificate: z.string(),
  /** Absent when it gave none. */
  window: z.object({ start: instant, end: instant }).optional(),
  askAgainAt: instant,
});
export type RenewalInfo = z.output<typeof RenewalInfo>;

/** Fingerprint of a request. It changes when earlier failures say nothing about the new request. */
export function requestFingerprint(certificate: ManagedCertificate, directory: string | undefined): string {
  const { names, issuer, usages } = certificate;
  const fingerprint = [[...names].sort(), issuer, [...usages].sort(), issuer === "acme" ? directory : undefined];
  return createHash("sha256").update(JSON.stringify(fingerprint)).digest("hex").slice(0, 16);
}

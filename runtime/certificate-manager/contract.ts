import { z } from "zod";

const pem = z.string().regex(/^-----BEGIN [A-Z ]+-----/, "must be PEM");

/** What the secret of a certificate holds. It is written as one value, so that a reader never sees halves of two. */
export const CertificateSecret = z.object({
  /** The certificate alone. */
  certificate: pem,
  /** Intermediates, the issuer first; empty where the authority itself signs. */
  chain: z.union([pem, z.literal("")]),
  /** PKCS 8. */
  privateKey: pem,
  /** Private authorities that peers are verified with, during a rollover the old one and the new one; empty for public certificates. */
  authorities: z.union([pem, z.literal("")]),
});
export type CertificateSecret = z.output<typeof CertificateSecret>;

/** A certificate that the certificate-manager keeps valid. */
export const ManagedCertificate = z.strictObject({
  /** Id in the topology: public, internal, routes, leafnodes, leaf-remote. */
  id: z.string().min(1),
  /** Secret that it is stored in. */
  secret: z.string().min(1),
  names: z.array(z.string().min(1)).min(1),
  /** `acme`, or the issuer whose authority signs: internal, routes, leafnodes. */
  issuer: z.string().min(1),
  usages: z.array(z.enum(["server", "client"])).min(1),
  /** Lifetime of what a private authority signs. */
  ttlSeconds: z.int().min(60).optional(),
});
export type ManagedCertificate = z.output<typeof ManagedCertificate>;

/** What the function is invoked with; events of a schedule count as `ensure`. */
export interface EnsureRequest {
  action?: "ensure";
}

/** What it answers when every certificate is stored and valid; otherwise the invocation fails. */
export interface EnsureResponse {
  certificates: { id: string; secret: string; outcome: "issued" | "kept"; notAfter: string }[];
}

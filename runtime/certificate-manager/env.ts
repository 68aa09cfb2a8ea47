import { z } from "zod";
import { json, logLevel, text } from "../common/environment";
import { ManagedCertificate } from "./contract";

export * from "./contract";

/** The environment of the certificate-manager. Its input is what a construct has to set. */
export const CertificateManagerEnv = z.object({
  /** A JSON array of `ManagedCertificate`. */
  CERTIFICATES: json.pipe(z.array(ManagedCertificate).min(1)),
  /** DynamoDB table with the lease, the backoff and the renewal information; key `id`. */
  STATE_TABLE: text,
  /** Secret of each private authority, as JSON by issuer: `{"internal": "demo-core-authority-internal"}`. */
  AUTHORITIES: json.pipe(z.record(z.string(), z.string())),
  /** ACM PCA instead of keys of our own, as JSON by issuer: ARNs of its authorities. */
  PRIVATE_CA_ARNS: json.pipe(z.record(z.string(), z.string())).default({}),
  /**
   * Log group of each server, as JSON by its name: `{"core-0": "/natsform/demo/core-0"}`. Without one of them nobody would be
   * asked whether an authority is trusted yet.
   */
  SERVER_LOGS: json.pipe(z.record(z.string(), text).refine((logs) => Object.keys(logs).length > 0, "names no server")),
  /** Directory of the ACME server; needed when a certificate's issuer is `acme`. */
  ACME_DIRECTORY_URL: z.url().optional(),
  /** Directory on which a failed order is retried first, so that production's limits are not used up. */
  ACME_STAGING_DIRECTORY_URL: z.url().optional(),
  ACME_CONTACT: z.email().optional(),
  /** Secret of the ACME account's key; the key is created at the first run. */
  ACME_ACCOUNT_SECRET: text.optional(),
  /** Zone that answers DNS-01 challenges. */
  HOSTED_ZONE_ID: text.optional(),
  LOG_LEVEL: logLevel,
});
export type CertificateManagerEnv = z.output<typeof CertificateManagerEnv>;

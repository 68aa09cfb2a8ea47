import { z } from "zod";

const pem = z.string().regex(/^-----BEGIN [A-Z ]+-----/, "must be PEM");

/** Value of a certificate's secret. It is written as one value, so that a reader never sees halves of two. */
export const CertificateSecret = z.object({
  /** The certificate alone. */
  certificate: pem,
  /** Intermediates, the issuer first; empty where the authority itself signs. */
  chain: z.union([pem, z.literal("")]),
  /** PKCS 8. */
  privateKey: pem,
  /**
   * Private authorities that peers are verified with, during a rollover the old and the new one; empty for public ones.
   */
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
  /** Lifetime of certificates that a private authority signs. */
  ttlSeconds: z.int().min(60).optional(),
});
export type ManagedCertificate = z.output<typeof ManagedCertificate>;

/** Event that the function is invoked with; events of a schedule count as `ensure`. */
export const EnsureRequest = z.object({
  action: z.literal("ensure").optional(),
  /** Ids of certificates to renew now, even when they are valid or a failure asks to wait. */
  renew: z.array(z.string()).optional(),
  /** Issuers whose authority is replaced: the first step now, the others with later runs. */
  roll: z.array(z.string()).optional(),
});
export type EnsureRequest = z.output<typeof EnsureRequest>;

/** Answer when every certificate is stored and valid; otherwise the invocation fails. */
export interface EnsureResponse {
  certificates: { id: string; secret: string; outcome: "issued" | "kept"; notAfter: string }[];
}

/** CloudWatch metrics, each by the secret of a certificate. */
export const certificateMetrics = {
  namespace: "natsform/certificates",
  dimension: "Secret",
  /** Days until the stored certificate ends; 0 when there is none. Reported by every run. */
  daysLeft: "DaysLeft",
  issued: "Issued",
  failures: "Failures",
} as const;

/** Record for the challenge of a name; a wildcard shares it with its parent name. */
export const challengeRecord = (name: string): string => `_acme-challenge.${name.replace(/^\*\./, "")}`;

/** All actions of the program in AWS, with the resources that each applies to. */
export const certificateManagerActions = [
  /** Secrets of the certificates, of the authorities and of the ACME account. */
  { on: "secrets", actions: ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"] },
  /** Key that encrypts the secrets, through Secrets Manager. */
  { on: "key", actions: ["kms:Decrypt", "kms:GenerateDataKey"] },
  /** Logs of the servers' tasks, where agents say what their server has loaded. */
  { on: "server-logs", actions: ["logs:FilterLogEvents"] },
  { on: "table", actions: ["dynamodb:GetItem", "dynamodb:UpdateItem"] },
  { on: "zone", actions: ["route53:ListResourceRecordSets"] },
  /** Only UPSERT and DELETE, of TXT records, at the names of `challengeRecord`. */
  { on: "zone-challenges", actions: ["route53:ChangeResourceRecordSets"] },
  /** `arn:PARTITION:route53:::change/*`: a change has no owner that could be named. */
  { on: "changes", actions: ["route53:GetChange"] },
  /** Authorities in ACM PCA. */
  {
    on: "private-authorities",
    actions: ["acm-pca:GetCertificateAuthorityCertificate", "acm-pca:IssueCertificate", "acm-pca:GetCertificate"],
  },
] as const;

import { z } from "zod";
import { json, logLevel, natsServers, seconds, text } from "../common/environment";

/** A certificate that the job keeps valid. */
export const RenewedCertificate = z.strictObject({
  /** Id in the topology. */
  id: text,
  /** Purpose of the authority: the key of its certificate in the Secret of authorities is `<issuer>.crt`. */
  issuer: text,
  /** Secret with `tls.crt` and `tls.key`; it exists already. */
  secret: text,
  /** Mount and role in Vault. */
  mount: text,
  role: text,
  /** Every name that it has to carry; the first is the common name where it fits. */
  names: z.array(text).min(1),
  usages: z.array(z.enum(["server", "client"])).min(1),
  ttlSeconds: z.int().positive(),
});
export type RenewedCertificate = z.output<typeof RenewedCertificate>;

/** Listener that must serve a certificate after its renewal. */
export const ServedListener = z.strictObject({
  /** Name of its server. */
  server: text,
  host: text,
  port: z.int().min(1).max(65535),
  /** Id of the certificate. */
  certificate: text,
  /** True when the server sends `INFO` in clear before TLS. */
  plainInfo: z.boolean(),
});
export type ServedListener = z.output<typeof ServedListener>;

/** The environment of the renewal job. Its input is what a construct has to set. */
export const CertificateRenewalEnv = z.object({
  /** Address of Vault. */
  VAULT_ADDR: text,
  /** Path of Vault's Kubernetes authentication, and the role there. */
  VAULT_AUTH_PATH: text,
  VAULT_ROLE: text,
  /** Audience of the tokens that the role takes. */
  VAULT_AUDIENCE: text,
  /** Mount of the root authority, which clients of natsform's own trust as well; none where Vault does not hold it. */
  VAULT_ROOT_MOUNT: text.optional(),
  NAMESPACE: text,
  /** A JSON array of `RenewedCertificate`. */
  CERTIFICATES: json.pipe(z.array(RenewedCertificate).min(1)),
  /** Secret with the certificates of the authorities; it exists already. */
  AUTHORITIES_SECRET: text,
  /** A JSON object, by purpose: certificates (PEM) of authorities of other clusters that are trusted as well. */
  PEER_AUTHORITIES: json.pipe(z.record(z.string(), z.string())).default({}),
  /** Addresses of the servers; without it nothing is reloaded, as on the first run, when there is no server yet. */
  NATS_SERVERS: natsServers.optional(),
  NATS_CA_FILE: text.optional(),
  /** Login of a user of the system account that may reload servers: its creds, or its seed. */
  NATS_CREDS_FILE: text.optional(),
  NATS_NKEY_SEED_FILE: text.optional(),
  /** A JSON array of `ServedListener`. */
  SERVED: json.pipe(z.array(ServedListener)).default([]),
  /** Seconds until servers must serve the renewed certificates: pods see a changed Secret after a minute or two. */
  RELOAD_TIMEOUT_SECONDS: seconds(300),
  KUBERNETES_API: text.default("https://kubernetes.default.svc"),
  KUBERNETES_CA_FILE: text.default("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"),
  TOKEN_FILE: text.default("/var/run/secrets/kubernetes.io/serviceaccount/token"),
  LOG_LEVEL: logLevel,
});
export type CertificateRenewalEnv = z.output<typeof CertificateRenewalEnv>;

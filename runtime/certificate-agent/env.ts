import { z } from "zod";
import { json, logLevel, text } from "../common/environment";

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`);

/** A certificate that the server serves or presents. */
export const AgentCertificate = z.strictObject({
  /** Id in the topology; the folder below `certs/` is named so. */
  id: z.string().min(1),
  /** Issuer; `ca/<issuer>.crt` holds its authorities. */
  issuer: z.string().min(1),
  /** Secret that the certificate-manager writes. */
  secret: z.string().min(1),
  names: z.array(z.string().min(1)).min(1),
});
export type AgentCertificate = z.output<typeof AgentCertificate>;

/** A listener on which certificates are verified by a handshake for each name. */
export const AgentListener = z.strictObject({
  name: z.enum(["client", "routes", "leafnodes", "websocket"]),
  port: z.int().min(1).max(65535),
  /** Ids of the certificates served on it. */
  certificates: z.array(z.string().min(1)).min(1),
});
export type AgentListener = z.output<typeof AgentListener>;

/** Credentials that the server itself logs in with: a leaf link's `.creds`, or its seed as an include. */
export const AgentCredential = z.strictObject({
  /** File below `credentials/`: `<user>.creds` or `<user>.conf`. */
  file: z.string().regex(/^[A-Za-z0-9_.-]+\.(creds|conf)$/),
  secret: z.string().min(1),
});
export type AgentCredential = z.output<typeof AgentCredential>;

/** The environment of the certificate-agent. Its input is what a construct has to set. */
export const CertificateAgentEnv = z.object({
  SERVER_NAME: text,
  /**
   * Object of the server's nats.conf; its metadata `restart-digest` covers the settings that only a restart applies.
   */
  CONFIG_BUCKET: text,
  CONFIG_KEY: text,
  /** Parameter in Systems Manager with the digests of the configuration: no other text is taken. */
  CONFIG_DIGESTS: text,
  /** Digest that the task was started for: a configuration with another one waits for the task that replaces this. */
  RESTART_DIGEST: text,
  /** A JSON array of `AgentCertificate`. */
  CERTIFICATES: json.pipe(z.array(AgentCertificate).min(1)),
  /** A JSON array of `AgentListener`. */
  LISTENERS: json.pipe(z.array(AgentListener).min(1)),
  /** A JSON array of `AgentCredential`. */
  CREDENTIALS: json.pipe(z.array(AgentCredential)).default([]),
  /** A JSON object, by issuer: certificates (PEM) of authorities of other clusters that are trusted as well. */
  AUTHORITIES: json.pipe(z.record(z.string(), z.string())).default({}),
  /** Folder of the files: nats.conf, certs/, ca/, credentials/. */
  CONFIG_FOLDER: text.default("/etc/nats"),
  /** `store_dir` of the server, to be read. */
  STORE_FOLDER: text.default("/data"),
  PID_FILE: text.default("/run/nats/nats.pid"),
  MONITORING_PORT: integer(1, 65535).default(8222),
  POLL_SECONDS: integer(1, 3600).default(60),
  HTTP_HOST: text.default("127.0.0.1"),
  HTTP_PORT: integer(0, 65535).default(9091),
  LOG_LEVEL: logLevel,
});
export type CertificateAgentEnv = z.output<typeof CertificateAgentEnv>;

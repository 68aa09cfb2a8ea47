import { z } from "zod";
import { atMostOne, exactlyOne, logLevel, names, natsServers, text } from "../environment";

/** The environment of the backup program. Its input is what a construct has to set. */
export const BackupEnv = z
  .object({
    /** `tls://host:port`, separated by commas. */
    NATS_SERVERS: natsServers,
    /** CA certificates of the servers, where Node does not trust them. */
    NATS_CA_FILE: text.optional(),
    NATS_NKEY_SEED: text.optional(),
    NATS_NKEY_SEED_FILE: text.optional(),
    NATS_CREDS: text.optional(),
    NATS_CREDS_FILE: text.optional(),
    /** Whose backups they are: folders below the target, and what a restore compares. */
    BACKUP_ENVIRONMENT: text,
    BACKUP_CLUSTER: text,
    BACKUP_ACCOUNT: text,
    /** `s3://bucket/prefix`, `gs://bucket/prefix` or `file:///folder`. */
    BACKUP_TO: text,
    /** How long a backup is kept; 0 keeps all. The newest complete one always stays. */
    BACKUP_RETENTION_SECONDS: z
      .string()
      .regex(/^\d{1,10}$/, "must be a whole number of seconds")
      .transform(Number)
      .default(0),
    /** 32 bytes in base64 each, separated by white space: the first encrypts, all decrypt. Absent: no encryption. */
    BACKUP_KEY: text.optional(),
    BACKUP_KEY_FILE: text.optional(),
    /** File for the metrics of this run in Prometheus's text format, for example of node-exporter's textfile collector. */
    BACKUP_METRICS_FILE: text.optional(),
    /** Id of the backup to restore or to drill. Absent: the newest complete one. */
    RESTORE_ID: text.optional(),
    /** Streams to restore, separated by commas; none: all. */
    RESTORE_STREAMS: names,
    /** `ENVIRONMENT/CLUSTER/ACCOUNT` of a backup that may be restored here although it is not of here. */
    RESTORE_FROM: text.regex(/^[^/]+\/[^/]+\/[^/]+$/, "write ENVIRONMENT/CLUSTER/ACCOUNT").optional(),
    /** Absent: a restore says what it would do, and does nothing. */
    RESTORE_APPLY: z.enum(["yes"], 'write "yes", or leave it out for a dry run').optional(),
    /** nats-server that a drill starts, as a path or a name on PATH. */
    DRILL_NATS_SERVER: text.default("nats-server"),
    LOG_LEVEL: logLevel,
  })
  .refine(...exactlyOne("NATS_NKEY_SEED", "NATS_NKEY_SEED_FILE", "NATS_CREDS", "NATS_CREDS_FILE"))
  .refine(...atMostOne("BACKUP_KEY", "BACKUP_KEY_FILE"));
export type BackupEnv = z.output<typeof BackupEnv>;

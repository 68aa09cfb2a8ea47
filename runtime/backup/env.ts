import { z } from "zod";
import { atMostOne, exactlyOne, logLevel, names, natsServers, text } from "../common/environment";

const yes = (instead: string) => z.enum(["yes"], `write "yes", or leave it out ${instead}`).optional();

/** Variables of every command: the backups' identity and target, and what to do with them. */
const stored = {
  /** Identity of the backups: folders below the target, which a restore compares. */
  BACKUP_ENVIRONMENT: text,
  BACKUP_CLUSTER: text,
  BACKUP_ACCOUNT: text,
  /** `s3://bucket/prefix`, `gs://bucket/prefix` or `file:///folder`. */
  BACKUP_TO: text,
  /** ARN of the KMS key that objects of an S3 bucket are encrypted with. Absent: as the bucket does by default. */
  BACKUP_KMS_KEY: text.optional(),
  /** Region of an S3 bucket. Absent: as AWS clients find theirs; a bucket elsewhere is followed. */
  BACKUP_REGION: text.optional(),
  /**
   * Seconds for which a backup is kept; 0 keeps all. The newest complete one always stays. Absent: `backup` removes
   * nothing, so that it can do without the right to.
   */
  BACKUP_RETENTION_SECONDS: z
    .string()
    .regex(/^\d{1,10}$/, "must be a whole number of seconds")
    .transform(Number)
    .optional(),
  /** 32 bytes in base64 each, separated by white space: the first encrypts, all decrypt. Absent: no encryption. */
  BACKUP_KEY: text.optional(),
  BACKUP_KEY_FILE: text.optional(),
  /**
   * File for the metrics of this run in Prometheus's text format, for example for node-exporter's textfile collector.
   */
  BACKUP_METRICS_FILE: text.optional(),
  /** Namespace of CloudWatch: a line in its embedded metric format is printed as well. */
  BACKUP_METRICS_NAMESPACE: text.optional(),
  /** Id of the backup to restore or to drill. Absent: the newest complete one. */
  RESTORE_ID: text.optional(),
  /** Streams to restore, separated by commas; none: all. */
  RESTORE_STREAMS: names,
  /** `ENVIRONMENT/CLUSTER/ACCOUNT` of a backup that may be restored here although it was made elsewhere. */
  RESTORE_FROM: text.regex(/^[^/]+\/[^/]+\/[^/]+$/, "write ENVIRONMENT/CLUSTER/ACCOUNT").optional(),
  /** Absent: a restore shows what it would do, and does nothing. */
  RESTORE_APPLY: yes("for a dry run"),
  /** Lists, drills and restores only backups from before there was a key. Anyone can have forged them. */
  RESTORE_UNENCRYPTED: yes("to trust what is sealed with a key alone"),
  /** nats-server that a drill starts, as a path or a name on PATH. */
  DRILL_NATS_SERVER: text.default("nats-server"),
  /** An empty nats-server that a drill uses instead. Only on this machine, so that it is never one with data. */
  DRILL_SERVERS: text
    .regex(
      /^nats:\/\/(127\.0\.0\.1|\[::1\]):\d{1,5}$/,
      "must be nats://127.0.0.1:PORT: a drill deletes what it restored",
    )
    .optional(),
  LOG_LEVEL: logLevel,
};

const oneKey = atMostOne("BACKUP_KEY", "BACKUP_KEY_FILE");

/** The environment of commands that need the cluster: `backup`, `restore`. Its input is what a construct has to set. */
export const BackupEnv = z
  .object({
    /** `tls://host:port`, separated by commas. */
    NATS_SERVERS: natsServers,
    /** CA certificates of the servers, where Node does not trust them: a file, or the text itself. */
    NATS_CA_FILE: text.optional(),
    NATS_CA: text.optional(),
    NATS_NKEY_SEED: text.optional(),
    NATS_NKEY_SEED_FILE: text.optional(),
    NATS_CREDS: text.optional(),
    NATS_CREDS_FILE: text.optional(),
    ...stored,
  })
  .refine(...exactlyOne("NATS_NKEY_SEED", "NATS_NKEY_SEED_FILE", "NATS_CREDS", "NATS_CREDS_FILE"))
  .refine(...atMostOne("NATS_CA", "NATS_CA_FILE"))
  .refine(...oneKey);
export type BackupEnv = z.output<typeof BackupEnv>;

/** The environment of commands that need the target alone: `drill`, `list`, `prune`. They log in nowhere. */
export const DrillEnv = z
  .object({
    ...stored,
    /** File with the process id of the server in DRILL_SERVERS: the server is ended after the drill. */
    DRILL_PID_FILE: text.optional(),
  })
  .refine(...oneKey);
export type DrillEnv = z.output<typeof DrillEnv>;

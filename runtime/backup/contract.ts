import { programInboxPrefix } from "../client/identity";

/**
 * Constants that the backup program and the configuration of its servers share. Infrastructure renders them into
 * `nats.conf`, or into the user's JWT in operator mode.
 */

/** Inbox prefix of the backup users. Each works in an account of its own, so none receives answers to another one. */
export const BACKUP_INBOX = programInboxPrefix("backup");

/**
 * All permissions of the backup user in its account.
 *
 * It reads every message and creates streams that do not exist. It deletes, updates and purges nothing, and publishes
 * on no subject of a stream.
 */
export const BACKUP_PERMISSIONS = {
  publish: {
    allow: [
      "$JS.API.STREAM.NAMES",
      "$JS.API.STREAM.INFO.*",
      "$JS.API.STREAM.MSG.GET.*",
      "$JS.API.STREAM.SNAPSHOT.*",
      "$JS.API.STREAM.RESTORE.*",
      "$JS.API.CONSUMER.NAMES.*",
      "$JS.API.CONSUMER.INFO.*.*",
      // Only for consumers that a snapshot left out.
      "$JS.API.CONSUMER.CREATE.>",
      "$JS.API.CONSUMER.RESET.*.*",
      // Flow control of a snapshot, and the chunks of a restore.
      "$JS.SNAPSHOT.ACK.>",
      "$JS.SNAPSHOT.RESTORE.>",
    ],
  },
  subscribe: { allow: [`${BACKUP_INBOX}.>`] },
} as const;

/** Object of a backup that is written last, and without which there is none. */
export const MANIFEST = "manifest.json";

/** Beginning of the name of an object that says when a drill has proven the backup beside it. */
export const PROOF = "proven-";

/**
 * Seconds after which a run has failed. Half a day is enough for terabytes. Without an end a run that waits for ever would
 * keep every later one from running, and none would have failed.
 */
export const RUN_SECONDS = 12 * 3600;

/** Dimension of the metrics in CloudWatch: `ENVIRONMENT/CLUSTER/ACCOUNT`. */
export const BACKUP_DIMENSION = "Backup";

import { z } from "zod";
import type { NatsClientOptions } from "../client";
import { EnvironmentError } from "../common/environment-error";
import { valueOrFile } from "../common/environment-files";
import { errorMessage } from "../common/error-message";
import type { Scope } from "./catalog";
import { BACKUP_INBOX } from "./contract";
import { BackupEnv, DrillEnv } from "./env";
import { type BackupKey, parseKeys } from "./keys";
import { bucketOptions, openTarget } from "./open-target";
import type { ScratchSource } from "./scratch";
import type { Target } from "./target";

/** Commands of the program. */
export const COMMANDS = ["backup", "list", "restore", "drill", "prune"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Settings {
  /** Absent for commands that need no cluster: they have nothing to log in with. */
  readonly client?: Pick<NatsClientOptions, "servers" | "ca" | "caFile" | "authentication" | "inboxPrefix">;
  readonly target: Target;
  readonly scope: Scope;
  /** The first encrypts; none: nothing is encrypted. */
  readonly keys: readonly BackupKey[];
  /** Absent: a backup removes nothing. */
  readonly retentionMs?: number;
  readonly metrics: { readonly file?: string; readonly namespace?: string };
  readonly restore: {
    readonly id?: string;
    readonly streams: readonly string[];
    readonly from?: string;
    readonly apply: boolean;
  };
  /** Server that a drill restores to. */
  readonly scratch: ScratchSource;
  readonly logLevel: BackupEnv["LOG_LEVEL"];
}

/**
 * Settings of a command, from its environment and the files named there. Rejects with EnvironmentError, TargetError.
 */
export async function loadSettings(command: Command, variables: NodeJS.ProcessEnv): Promise<Settings> {
  const needsCluster = command === "backup" || command === "restore";
  const { success, data: env, error } = (needsCluster ? BackupEnv : DrillEnv).safeParse(variables);
  if (!success) throw new EnvironmentError(`the environment:\n${z.prettifyError(error)}`);
  const keys = keysOf(valueOrFile("BACKUP_KEY", env.BACKUP_KEY, env.BACKUP_KEY_FILE));
  return {
    client: "NATS_SERVERS" in env ? clientOf(env) : undefined,
    target: await openTarget(env.BACKUP_TO, {
      ...bucketOptions(variables),
      kmsKey: env.BACKUP_KMS_KEY,
      region: env.BACKUP_REGION,
    }),
    scope: { environment: env.BACKUP_ENVIRONMENT, cluster: env.BACKUP_CLUSTER, account: env.BACKUP_ACCOUNT },
    // Applies to reading only; what is written stays encrypted.
    keys: env.RESTORE_UNENCRYPTED && command !== "backup" ? [] : keys,
    retentionMs: env.BACKUP_RETENTION_SECONDS === undefined ? undefined : env.BACKUP_RETENTION_SECONDS * 1000,
    metrics: { file: env.BACKUP_METRICS_FILE, namespace: env.BACKUP_METRICS_NAMESPACE },
    restore: {
      id: env.RESTORE_ID,
      streams: env.RESTORE_STREAMS,
      from: env.RESTORE_FROM,
      apply: env.RESTORE_APPLY !== undefined,
    },
    scratch: env.DRILL_SERVERS ? { url: env.DRILL_SERVERS } : { binary: env.DRILL_NATS_SERVER },
    logLevel: env.LOG_LEVEL,
  };
}

function clientOf(env: BackupEnv): Settings["client"] {
  const seed = valueOrFile("NATS_NKEY_SEED", env.NATS_NKEY_SEED, env.NATS_NKEY_SEED_FILE);
  const creds = valueOrFile("NATS_CREDS", env.NATS_CREDS, env.NATS_CREDS_FILE);
  return {
    servers: env.NATS_SERVERS,
    ca: env.NATS_CA,
    caFile: env.NATS_CA_FILE,
    authentication: seed ? { kind: "nkey", seed: seed.trim() } : { kind: "creds", creds: creds ?? "" },
    inboxPrefix: BACKUP_INBOX,
  };
}

/** An empty key file must not mean that nothing is encrypted. */
function keysOf(text: string | undefined): BackupKey[] {
  if (text === undefined) return [];
  try {
    const keys = parseKeys(text);
    if (keys.length === 0) throw new Error("it holds no key");
    return keys;
  } catch (error) {
    throw new EnvironmentError(`BACKUP_KEY: ${errorMessage(error)}`);
  }
}

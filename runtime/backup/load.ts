import { z } from "zod";
import type { NatsClientOptions } from "../client";
import { EnvironmentError, valueOrFile } from "../environment-files";
import type { Scope } from "./catalog";
import { BACKUP_INBOX } from "./contract";
import { BackupEnv } from "./env";
import { type BackupKey, parseKeys } from "./keys";
import { openTarget } from "./open-target";
import type { Target } from "./target";

export interface Settings {
  readonly client: Pick<NatsClientOptions, "servers" | "caFile" | "authentication" | "inboxPrefix">;
  readonly target: Target;
  readonly scope: Scope;
  /** The first encrypts; none: nothing is encrypted. */
  readonly keys: readonly BackupKey[];
  readonly retentionMs: number;
  readonly metricsFile?: string;
  readonly restore: {
    readonly id?: string;
    readonly streams: readonly string[];
    readonly from?: string;
    readonly apply: boolean;
  };
  readonly natsServer: string;
  readonly logLevel: BackupEnv["LOG_LEVEL"];
}

/** What the program works with, from its environment and the files named there. Rejects with EnvironmentError, TargetError. */
export async function load(variables: NodeJS.ProcessEnv): Promise<Settings> {
  const { success, data: env, error } = BackupEnv.safeParse(variables);
  if (!success) throw new EnvironmentError(`the environment:\n${z.prettifyError(error)}`);
  const seed = valueOrFile("NATS_NKEY_SEED", env.NATS_NKEY_SEED, env.NATS_NKEY_SEED_FILE);
  const creds = valueOrFile("NATS_CREDS", env.NATS_CREDS, env.NATS_CREDS_FILE);
  return {
    client: {
      servers: env.NATS_SERVERS,
      caFile: env.NATS_CA_FILE,
      authentication: seed ? { kind: "nkey", seed: seed.trim() } : { kind: "creds", creds: creds ?? "" },
      inboxPrefix: BACKUP_INBOX,
    },
    target: await openTarget(env.BACKUP_TO, variables.AWS_ENDPOINT_URL_S3 ?? variables.AWS_ENDPOINT_URL),
    scope: { environment: env.BACKUP_ENVIRONMENT, cluster: env.BACKUP_CLUSTER, account: env.BACKUP_ACCOUNT },
    keys: keysOf(valueOrFile("BACKUP_KEY", env.BACKUP_KEY, env.BACKUP_KEY_FILE)),
    retentionMs: env.BACKUP_RETENTION_SECONDS * 1000,
    metricsFile: env.BACKUP_METRICS_FILE,
    restore: {
      id: env.RESTORE_ID,
      streams: env.RESTORE_STREAMS,
      from: env.RESTORE_FROM,
      apply: env.RESTORE_APPLY !== undefined,
    },
    natsServer: env.DRILL_NATS_SERVER,
    logLevel: env.LOG_LEVEL,
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
    throw new EnvironmentError(`BACKUP_KEY: ${(error as Error).message}`);
  }
}

import { z } from "zod";
import type { NatsClientOptions } from "../client";
import { EnvironmentError } from "../common/environment-error";
import { valueOrFile } from "../common/environment-files";
import { errorMessage } from "../common/error-message";
import { StreamsEnv } from "./env";
import type { RunProps } from "./run";
import { StreamSpec } from "./spec";

export interface Settings {
  readonly client: Pick<NatsClientOptions, "servers" | "ca" | "caFile" | "authentication">;
  readonly run: Omit<RunProps, "log">;
  readonly logLevel: StreamsEnv["LOG_LEVEL"];
}

/** Settings of the program, from its environment and the files named there. Throws EnvironmentError. */
export function loadSettings(variables: NodeJS.ProcessEnv): Settings {
  const env = check(StreamsEnv, variables, "the environment");
  const seed = valueOrFile("NATS_NKEY_SEED", env.NATS_NKEY_SEED, env.NATS_NKEY_SEED_FILE);
  const creds = valueOrFile("NATS_CREDS", env.NATS_CREDS, env.NATS_CREDS_FILE);
  const streams = valueOrFile("STREAMS", env.STREAMS, env.STREAMS_FILE);
  return {
    client: {
      servers: env.NATS_SERVERS,
      ca: env.NATS_CA,
      caFile: env.NATS_CA_FILE,
      authentication: seed ? { kind: "nkey", seed: seed.trim() } : { kind: "creds", creds: creds ?? "" },
    },
    run: {
      desired: check(z.array(StreamSpec), json(streams ?? ""), "STREAMS"),
      owner: env.OWNER,
      allowDataLoss: env.STREAMS_ALLOW_DATA_LOSS,
      allowRecreate: env.STREAMS_ALLOW_RECREATE,
      timeoutMs: env.STREAMS_TIMEOUT_SECONDS * 1000,
      syncIntervalMs: env.STREAMS_SYNC_INTERVAL_SECONDS * 1000,
    },
    logLevel: env.LOG_LEVEL,
  };
}

function check<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.output<Schema> {
  const { success, data, error } = schema.safeParse(input);
  if (!success) throw new EnvironmentError(`${what}:\n${z.prettifyError(error)}`);
  return data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EnvironmentError(`STREAMS: not JSON: ${errorMessage(error)}`);
  }
}

import { z } from "zod";
import type { NatsClientOptions } from "../client";
import { givenVariables } from "../common/environment";
import { EnvironmentError } from "../common/environment-error";
import { valueOrFile } from "../common/environment-files";
import { BacklogEnv } from "./env";

export interface Settings {
  env: BacklogEnv;
  client: Pick<NatsClientOptions, "servers" | "ca" | "caFile" | "authentication">;
}

/** Settings of the program, from its environment and the files named there. @throws EnvironmentError */
export function loadSettings(variables: NodeJS.ProcessEnv): Settings {
  const { success, data, error } = BacklogEnv.safeParse(givenVariables(variables));
  if (!success) throw new EnvironmentError(`the environment:\n${z.prettifyError(error)}`);
  const seed = valueOrFile("NATS_NKEY_SEED", data.NATS_NKEY_SEED, data.NATS_NKEY_SEED_FILE) ?? "";
  return {
    env: data,
    client: {
      servers: data.NATS_SERVERS,
      ca: data.NATS_CA,
      caFile: data.NATS_CA_FILE,
      authentication: { kind: "nkey", seed: seed.trim(), sentinel: data.NATS_SENTINEL },
    },
  };
}

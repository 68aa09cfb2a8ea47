import { z } from "zod";
import { givenVariables } from "../common/environment";
import { wrongEnvironment } from "../common/environment-error";
import { valueOrFile } from "../common/environment-files";
import { errorMessage } from "../common/error-message";
import { signingKey } from "../nkeys/nkey";
import { HttpGatewayEnv } from "./env";
import type { HttpGatewayOptions } from "./service";
import { GatewaySpec } from "./spec";

export type Settings = Omit<HttpGatewayOptions, "log"> & { logLevel: HttpGatewayEnv["LOG_LEVEL"] };

/** Settings of the program, from its environment and the files named there. @throws EnvironmentError with every problem */
export function loadSettings(variables: NodeJS.ProcessEnv): Settings {
  const parsed = HttpGatewayEnv.safeParse(givenVariables(variables));
  const problems = (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
  const env = parsed.data;
  const read = (name: string, direct?: string, file?: string): string => {
    try {
      return valueOrFile(name, direct, file)?.trim() ?? "";
    } catch (error) {
      problems.push(errorMessage(error));
      return "";
    }
  };
  const seed = read("NATS_NKEY_SEED", env?.NATS_NKEY_SEED, env?.NATS_NKEY_SEED_FILE);
  if (env && seed !== "" && !signingKey("U", seed)) problems.push("NATS_NKEY_SEED: must be the seed of a user, SU…");
  const ca = read("NATS_CA", env?.NATS_CA, env?.NATS_CA_FILE);
  const spec = env && specOf(read("GATEWAY_SPEC", env.GATEWAY_SPEC, env.GATEWAY_SPEC_FILE), problems);
  if (!env || !spec || problems.length > 0) throw wrongEnvironment("the HTTP gateway", problems);
  return {
    spec,
    servers: env.NATS_SERVERS,
    ca: ca === "" ? undefined : ca,
    seed,
    sentinel: env.NATS_SENTINEL,
    http: { host: env.HTTP_HOST, port: env.HTTP_PORT },
    adminPort: env.ADMIN_PORT,
    drainMs: env.DRAIN_SECONDS * 1000,
    logLevel: env.LOG_LEVEL,
  };
}

function specOf(text: string, problems: string[]): GatewaySpec | undefined {
  if (text === "") return undefined;
  try {
    const parsed = GatewaySpec.safeParse(JSON.parse(text));
    if (!parsed.success) problems.push(`GATEWAY_SPEC: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  } catch (error) {
    problems.push(`GATEWAY_SPEC: must be JSON: ${errorMessage(error)}`);
    return undefined;
  }
}

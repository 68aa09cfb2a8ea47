import type { EnvironmentInput } from "./schema";

/** What an environment file exports. Only types it; checking reports every error at once, when the file is loaded. */
export function defineEnvironment(environment: EnvironmentInput): EnvironmentInput {
  return environment;
}

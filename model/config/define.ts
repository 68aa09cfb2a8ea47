import type { EnvironmentInput } from "./schema";

/** Types the export of an environment file. Errors are reported all at once, when the file is loaded. */
export function defineEnvironment(environment: EnvironmentInput): EnvironmentInput {
  return environment;
}

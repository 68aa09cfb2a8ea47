import { z } from "zod";
import { EnvironmentError } from "../common/environment-error";
import { DnsSyncEnv } from "./env";

/** @throws EnvironmentError with all problems at once */
export function loadSettings(environment: NodeJS.ProcessEnv): DnsSyncEnv {
  const { data, error } = DnsSyncEnv.safeParse(environment);
  if (!data) throw new EnvironmentError(`the environment of dns-sync is wrong:\n${z.prettifyError(error)}`);
  return data;
}

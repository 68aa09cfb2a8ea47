import { confValues } from "./conf-keys";
import type { StoredConfig } from "./store";

export type ConfigDecision =
  | { action: "write" }
  | { action: "keep" }
  /** For the task that replaces this one. */
  | { action: "wait" }
  | { action: "reject"; problem: string };

/** Decides what to do with the configuration in the store. */
export function decideConfig(
  stored: StoredConfig,
  desired: { serverName: string; restartDigest: string },
  inPlace: string | undefined,
): ConfigDecision {
  if (stored.restartDigest === "") return { action: "reject", problem: "the object has no metadata restart-digest" };
  if (stored.restartDigest !== desired.restartDigest) return { action: "wait" };
  const serverName = confValues(stored.text).get("server_name");
  if (serverName !== JSON.stringify(desired.serverName)) {
    return { action: "reject", problem: `the object is the configuration of ${serverName ?? "no server"}` };
  }
  return stored.text === inPlace ? { action: "keep" } : { action: "write" };
}

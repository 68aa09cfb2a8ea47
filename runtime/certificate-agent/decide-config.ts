import { confValues } from "./conf-keys";
import { textDigest } from "./contract";
import type { StoredConfig } from "./store";

export type ConfigDecision =
  | { action: "write" }
  | { action: "keep" }
  /** For the task that replaces this one. */
  | { action: "wait" }
  | { action: "reject"; problem: string };

/**
 * Decides what to do with the configuration in the store. Whoever may write to the bucket may put anything there, users
 * of its own included; so what is taken is the text whose digest the deployment published elsewhere.
 */
export function decideConfig(
  stored: StoredConfig,
  desired: { serverName: string; restartDigest: string; textDigest: string },
  inPlace: string | undefined,
): ConfigDecision {
  if (stored.restartDigest === "") return { action: "reject", problem: "the object has no metadata restart-digest" };
  if (stored.restartDigest !== desired.restartDigest) return { action: "wait" };
  if (textDigest(stored.text) !== desired.textDigest)
    return { action: "reject", problem: "the object is not the configuration that the deployment published" };
  const serverName = confValues(stored.text).get("server_name");
  if (serverName !== JSON.stringify(desired.serverName)) {
    return { action: "reject", problem: `the object is the configuration of ${serverName ?? "no server"}` };
  }
  return stored.text === inPlace ? { action: "keep" } : { action: "write" };
}

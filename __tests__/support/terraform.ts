import { spawnSync } from "node:child_process";
import { findProviderMirror, type ProviderName } from "../../cli/core/provider-mirror";

/** Why Terraform cannot work with these providers here; empty when it can. Said once, where tests are skipped for it. */
export function missingTerraform(what: string, ...providers: ProviderName[]): string {
  const missing = reason(providers);
  // Not to the console: of a file whose tests are all skipped jest shows none.
  if (missing) process.stderr.write(`${what}: skipped: ${missing}\n`);
  return missing;
}

function reason(providers: readonly ProviderName[]): string {
  if (spawnSync("terraform", ["version"], { stdio: "ignore" }).status !== 0) return "terraform is not on PATH";
  const lacking = providers.filter((name) => !findProviderMirror(name));
  return lacking.length > 0 ? `providers that are not on this machine: ${lacking.join(", ")}` : "";
}

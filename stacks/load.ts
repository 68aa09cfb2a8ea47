import { join } from "node:path";
import { ConfigError, type Environment } from "../model/config";
import { listEnvironments, loadEnvironments, loadTrust, strayFiles, trustFile } from "../model/config/load";
import { buildTopology, trustProblems } from "../model/topology";
import type { StackContext } from "../modules/aws/context";
import type { SynthSettings } from "../modules/terraform/settings";

/**
 * Reads and checks every environment that is to be synthesized.
 *
 * @throws AggregateError with a `ConfigError` for each file that is not right
 */
export async function loadContexts(settings: SynthSettings): Promise<StackContext[]> {
  const all = settings.environments.length === 0;
  const names = all ? listEnvironments(settings.root) : settings.environments;
  const strays = all ? strayFiles(settings.root) : [];
  const environments = await loadEnvironments(names, settings.root);
  const loaded = await Promise.allSettled(names.map((name, i) => loadContext(name, settings, environments[i])));
  const errors = loaded.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  errors.push(...strays.map(({ file, problems }) => new ConfigError(file, problems)));
  if (errors.length > 0) throw new AggregateError(errors, "environments are not right");
  return loaded.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

async function loadContext(
  name: string,
  settings: SynthSettings,
  read?: PromiseSettledResult<Environment>,
): Promise<StackContext> {
  const { root, trustFolder } = settings;
  if (read?.status !== "fulfilled") throw read?.reason;
  const loaded = read.value;
  // What is emulated is there to be thrown away.
  const environment = settings.emulatorEndpoint ? { ...loaded, deletionProtection: false } : loaded;
  const topology = buildTopology(environment);
  const file = trustFolder ? join(trustFolder, `${name}.trust.json`) : trustFile(name, root);
  const trust = loadTrust(file, root);
  const problems = trustProblems(topology, trust);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { environment, topology, trust, settings };
}

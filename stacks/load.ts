import { join } from "node:path";
import { admit, type Purpose, refuseUnadmitted } from "../admission";
import { ConfigError, type Environment, type Trust } from "../model/config";
import { findTrust, listEnvironments, loadEnvironments, strayFiles, trustFile } from "../model/config/load";
import { buildTopology, stackPlan } from "../model/topology";
import type { StackContext } from "../modules/aws/context";
import type { SynthSettings } from "../modules/terraform/settings";

/**
 * Loads every environment that is to be synthesized, and admits those that may be deployed.
 *
 * @param today `YYYY-MM-DD`
 * @throws AggregateError with a `ConfigError` or `RefusedError` for each one that is not right
 */
export async function loadContexts(settings: SynthSettings, today: string): Promise<StackContext[]> {
  const all = settings.environments.length === 0;
  const names = all ? listEnvironments(settings.root) : settings.environments;
  const strays = all ? strayFiles(settings.root) : [];
  const environments = await loadEnvironments(names, settings.root);
  const loaded = await Promise.allSettled(environments.map((read) => contextOf(read, settings, today)));
  const errors = loaded.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  errors.push(...strays.map(({ file, problems }) => new ConfigError(file, problems)));
  if (errors.length > 0) throw new AggregateError(errors, "environments are not right");
  return loaded.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

async function contextOf(
  read: PromiseSettledResult<Environment>,
  settings: SynthSettings,
  today: string,
): Promise<StackContext> {
  if (read.status === "rejected") throw read.reason;
  const { root, trustFolder } = settings;
  const { name } = read.value;
  const path = trustFolder ? join(trustFolder, `${name}.trust.json`) : trustFile(name, root);
  // An emulated environment is thrown away.
  const environment = settings.emulatorEndpoint ? { ...read.value, deletionProtection: false } : read.value;
  const topology = buildTopology(environment);
  // Nothing of it is synthesized: its keys matter to nobody yet.
  if (stackPlan(topology).length === 0) {
    refuseUnadmitted(admit({ environment, topology, purpose: "twin", today }));
    return { environment, topology, trust: noTrust(name), settings };
  }
  const found = findTrust(path, root);
  refuseUnadmitted(admit({ environment, topology, purpose: purposeOf(settings), trust: found, today }));
  const { trust } = found;
  if (!trust) throw new Error(`${path} was admitted and is not there`);
  return { environment, topology, trust, settings };
}

function purposeOf({ destroy, emulatorEndpoint }: SynthSettings): Purpose {
  if (destroy) return "removal";
  // A synthesis may be for a deployment: CDKTF does not say which command runs it.
  return emulatorEndpoint ? "emulation" : "deployment";
}

/** Stands for the trust file of an environment of which nothing is synthesized. */
const noTrust = (environment: string): Trust => ({
  environment,
  example: true,
  issuer: "",
  xkey: "",
  users: {},
  accounts: {},
});

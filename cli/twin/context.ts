import { existsSync } from "node:fs";
import { ConfigError, type Environment, type Trust } from "../../model/config";
import { loadTrustIfThere, trustFile } from "../../model/config/load";
import type { ClusterTopology, Topology } from "../../model/topology";
import { openEnvironment } from "../core/environment";
import { twinnedEnvironments } from "../core/environments";
import { UserError } from "../core/project";
import { type TwinFolder, twinFolder } from "../core/twin-folder";
import { checkLayout } from "./layout";
import { allocatePorts, choosePorts, knownBase, loopback, type PortChoice, storedBase, type TwinPorts } from "./ports";
import { runningParts } from "./running";

/** One environment's twin: configuration, folder and ports. */
export interface Twin {
  environment: Environment;
  topology: Topology;
  folder: TwinFolder;
  ports: TwinPorts;
}

/** Prepares the twin for `up`: ports are chosen on the first call. */
export async function prepareTwin(name: string, root: string, choice: PortChoice = "same"): Promise<Twin> {
  const { environment, topology } = await openEnvironment(name, root);
  const folder = twinFolder(root, name);
  checkLayout(folder, name);
  const { servers, programs } = runningParts(folder);
  if (choice !== "same" && servers.length + programs.length > 0) {
    throw new UserError(`the twin of ${name} runs and keeps its ports`, `natsform down ${name} first`);
  }
  return {
    environment,
    topology,
    folder,
    ports: await choosePorts(topology, folder, choice, claimedBases(root, name)),
  };
}

/**
 * Opens the twin that the last `up` has prepared.
 *
 * @throws UserError when there is none
 */
export async function openTwin(name: string, root: string): Promise<Twin> {
  const { environment, topology } = await openEnvironment(name, root);
  const folder = twinFolder(root, name);
  const base = storedBase(folder);
  if (base === undefined || !existsSync(folder.trust)) {
    throw new UserError(`${name} has no twin on this machine`, `natsform up ${name}`);
  }
  return { environment, topology, folder, ports: allocatePorts(topology, base) };
}

/**
 * The trust file of a twin; `undefined` when it has none yet.
 *
 * @throws UserError when it is damaged
 */
export function twinTrustIfThere({ folder }: Pick<Twin, "folder">, root: string): Trust | undefined {
  try {
    return loadTrustIfThere(folder.trust, root);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UserError(error.message, "move it away: natsform up makes it again from the keys beside it");
  }
}

/** @throws UserError when there is none that can be read */
export function loadTwinTrust(twin: Twin, root: string): Trust {
  const trust = twinTrustIfThere(twin, root);
  if (!trust) throw new UserError(`${twin.folder.trust} is missing`, `natsform up ${twin.environment.name} makes it`);
  return trust;
}

/** The trust file of an operator that was imported: the twin has one of its own, which says the same. */
export function importedTrustOf({ environment }: Twin, root: string): Trust | undefined {
  const trust = loadTrustIfThere(trustFile(environment.name, root), root);
  return trust?.imported ? trust : undefined;
}

/** Blocks of the project's other twins, by name, so that two of them never meet even while one is down. */
function claimedBases(root: string, name: string): Map<string, number> {
  const claimed = new Map<string, number>();
  for (const other of twinnedEnvironments(root).filter((other) => other !== name)) {
    // What is wrong with another twin is told by its own commands.
    const base = knownBase(twinFolder(root, other));
    if (base !== undefined) claimed.set(other, base);
  }
  return claimed;
}

/** Every server of the topology with its cluster. */
export const allServers = (topology: Topology) =>
  topology.clusters.flatMap((cluster) => cluster.servers.map((server) => ({ cluster, server })));

/** Client URLs of a cluster's servers. */
export const clientUrls = ({ ports }: Twin, cluster: ClusterTopology): string[] =>
  cluster.servers.map(({ name }) => `tls://${loopback}:${ports.servers[name]?.client}`);

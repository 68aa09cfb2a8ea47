import type { Environment } from "../../model/config";
import { loadEnvironment } from "../../model/config/load";
import { buildTopology, type Topology } from "../../model/topology";
import { projectRoot } from "./environments";

/** An environment of a project, with its topology. */
export interface OpenEnvironment {
  root: string;
  environment: Environment;
  topology: Topology;
}

/**
 * Opens an environment of the project around the working directory, or of another one.
 *
 * @throws UserError outside of a project
 * @throws ConfigError with every problem of the environment
 */
export async function openEnvironment(name: string, root = projectRoot()): Promise<OpenEnvironment> {
  const environment = await loadEnvironment(name, root);
  return { root, environment, topology: buildTopology(environment) };
}

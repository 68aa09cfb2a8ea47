import { resolve } from "node:path";
import type { z } from "zod";
import { ConfigError, type Environment, type EnvironmentInput, parseEnvironment, Trust } from "../../model/config";
import { readWith } from "../../model/config/schema-problems";
import { buildTopology, type Topology, trustProblems } from "../../model/topology";
import type { SynthSettings } from "./settings";

/** Input of a stack. */
export interface StackContext {
  environment: Environment;
  topology: Topology;
  trust: Trust;
  settings: SynthSettings;
}

export interface StackContextProps {
  /** Environment, as an environment file exports it. */
  environment: EnvironmentInput;
  /** Content of its trust file; `natsform keys init` writes it. */
  trust: z.input<typeof Trust>;
  /** Folder of the project: `.natsform/` lies in it. Default: the working directory. */
  root?: string;
}

/**
 * Makes the context of an environment, for apps other than natsform's own.
 *
 * @throws ConfigError with every problem of the environment, or of its trust file
 */
export function stackContext({ environment: input, trust: trustInput, root = "." }: StackContextProps): StackContext {
  const { environment, problems } = parseEnvironment(input);
  if (!environment) throw new ConfigError("environment", problems);
  const topology = buildTopology(environment);
  const file = `trust file of ${environment.name}`;
  const { data: trust, problems: unreadable } = readWith(Trust, trustInput);
  if (!trust) throw new ConfigError(file, unreadable);
  const unfit = trustProblems(topology, trust);
  if (unfit.length > 0) throw new ConfigError(file, unfit);
  return { environment, topology, trust, settings: { root: resolve(root), environments: [environment.name] } };
}

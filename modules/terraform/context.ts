import { resolve } from "node:path";
import type { z } from "zod";
import { ConfigError, type Environment, type EnvironmentInput, parseEnvironment, Trust } from "../../model/config";
import { readWith } from "../../model/config/schema-problems";
import { buildTopology, type Topology, trustProblems } from "../../model/topology";
import type { SynthSettings } from "./settings";

/** What a stack is made from. */
export interface StackContext {
  environment: Environment;
  topology: Topology;
  trust: Trust;
  settings: SynthSettings;
}

export interface StackContextProps {
  /** What an environment file exports. */
  environment: EnvironmentInput;
  /** What its trust file holds; `natsform keys init` writes it. */
  trust: z.input<typeof Trust>;
  /** Folder of the project: `.natsform/` lies in it. Default: the working directory. */
  root?: string;
}

/**
 * The context of an environment that a program has at hand, for apps other than natsform's own.
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

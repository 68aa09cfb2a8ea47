import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import Module from "node:module";
import { join, parse, relative, resolve } from "node:path";
import { types } from "node:util";
import { type EnvironmentFiles, environmentFiles } from "./environment-files";
import { nearest } from "./known-keys";
import { parseEnvironment } from "./parse";
import { ConfigError, type FileProblems, formatValue, type Problem } from "./problem";
import type { Environment } from "./schema";
import { readWith } from "./schema-problems";
import { Trust } from "./trust";

/** The folder of environment files of a project. */
export const environmentsFolder = (root: string) => join(root, "environments");

/** Names of the environments of a project, sorted. Empty without the folder. */
export const listEnvironments = (root: string): string[] => filesOf(root).environments;

/** Files of `environments/` that nobody reads, by their paths in the project. */
export const strayFiles = (root: string): FileProblems[] =>
  filesOf(root).strays.map(({ file, problems }) => ({ file: join("environments", file), problems }));

function filesOf(root: string): EnvironmentFiles {
  const folder = environmentsFolder(root);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  // A link to nowhere is a file: reading it says what is wrong.
  const isFolder = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
  return environmentFiles(names.map((name) => ({ name, isFolder: isFolder(name) })));
}

/**
 * Reads and checks one environment of the project in `root`.
 *
 * @throws {ConfigError} with every problem, when the file is missing, does not run or is not right
 */
export async function loadEnvironment(name: string, root: string): Promise<Environment> {
  const path = resolve(environmentsFolder(root), `${name}.ts`);
  const file = relative(root, path);
  const known = listEnvironments(root);
  if (!known.includes(name)) {
    const misnamed = strayFiles(root).find(({ file }) => parse(file).name === name);
    if (misnamed) throw new ConfigError(misnamed.file, misnamed.problems);
    const near = nearest(name, known);
    const fix = near ? `did you mean "${near}"?` : `known: ${known.join(", ") || "none"}`;
    throw new ConfigError(file, [{ path: [], got: name, message: "there is no such environment", fix }]);
  }
  const { environment, problems } = parseEnvironment(importDefault(path, file), name);
  if (!environment) throw new ConfigError(file, problems);
  return environment;
}

function importDefault(path: string, file: string): unknown {
  let module: { default?: unknown } | undefined;
  try {
    // Not import(): tsx and jest both hook into require, and an environment is read afresh by each command anyway.
    module = withOwnConfig(() => require(path));
  } catch (error) {
    throw new ConfigError(file, [{ path: [], message: `does not run: ${whyNot(error, path)}` }]);
  }
  // Between module systems a default export may arrive wrapped once more.
  const exported = module?.default as { default?: unknown } | undefined;
  const value = exported && typeof exported === "object" && "default" in exported ? exported.default : exported;
  if (value === undefined) {
    const fix = "export default defineEnvironment({ ... })";
    throw new ConfigError(file, [{ path: [], message: "has no default export", fix }]);
  }
  return value;
}

type ResolveFilename = (request: string, ...rest: unknown[]) => string;

/** Environments import `natsform/config` from the natsform that reads them, wherever the project and the package lie. */
function withOwnConfig<T>(work: () => T): T {
  const resolver = Module as unknown as { _resolveFilename: ResolveFilename };
  const usual = resolver._resolveFilename;
  resolver._resolveFilename = (request, ...rest) =>
    request === "natsform/config" ? require.resolve("./index") : usual.call(resolver, request, ...rest);
  try {
    return work();
  } finally {
    resolver._resolveFilename = usual;
  }
}

/** What was thrown, with the line of the file that threw it where that can be told. */
function whyNot(error: unknown, path: string): string {
  if (!types.isNativeError(error)) return `it throws ${formatValue(error)}`;
  // A syntax error says its place in its second line: `/…/demo.ts:3:9: ERROR: Expected "}" but found ";"`.
  const [first = "", second = ""] = error.message.split("\n");
  if (/^Transform failed/.test(first)) return second.slice(second.indexOf(path) + path.length + 1);
  const line = error.stack?.split("\n").find((frame) => frame.includes(`${path}:`));
  const at = line && /:(\d+:\d+)\)?$/.exec(line)?.[1];
  return at ? `${at}: ${first}` : first;
}

/** Path of the trust file that is versioned beside an environment. */
export const trustFile = (name: string, root: string) => join(environmentsFolder(root), `${name}.trust.json`);

/**
 * Reads a trust file.
 *
 * @throws {ConfigError} when it is missing, is not JSON or is not right
 */
export function loadTrust(path: string, root: string): Trust {
  const file = relative(root, path);
  const refuse = (problems: Problem[]): never => {
    throw new ConfigError(file, problems);
  };
  if (!existsSync(path)) {
    return refuse([{ path: [], message: "there is no trust file", fix: "run natsform keys init" }]);
  }
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return refuse([{ path: [], message: `is not JSON: ${(error as Error).message}` }]);
  }
  const { data, problems } = readWith(Trust, input);
  return data ?? refuse(problems);
}

/** The same of one that need not be there yet. */
export const loadTrustIfThere = (path: string, root: string): Trust | undefined =>
  existsSync(path) ? loadTrust(path, root) : undefined;

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, parse, relative, resolve } from "node:path";
import { type EnvironmentFiles, environmentFiles } from "./environment-files";
import { type Evaluated, evaluateFiles } from "./evaluation/evaluate-files";
import { nearest } from "./known-keys";
import { ConfigError, type FileProblems, type Problem } from "./problem";
import type { Environment } from "./schema";
import { readWith } from "./schema-problems";
import { type FoundTrust, Trust } from "./trust";

/** The folder of environment files of a project. */
export const environmentsFolder = (root: string) => join(root, "environments");

/** Names of the environments of a project, sorted. Empty without the folder. */
export const listEnvironments = (root: string): string[] => filesOf(root).environments;

/** Files of `environments/` that natsform does not read, by their paths in the project. */
export const strayFiles = (root: string): FileProblems[] =>
  filesOf(root).strays.map(({ file, problems }) => ({ file: join("environments", file), problems }));

function filesOf(root: string): EnvironmentFiles {
  const folder = environmentsFolder(root);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  // A link to nowhere is a file: reading it reports the error.
  const isFolder = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const entries = names.map((name) =>
    isFolder(name) ? { name, isFolder: true, misplaced: misplacedIn(join(folder, name)) } : { name, isFolder: false },
  );
  return environmentFiles(entries);
}

/** Files of a folder that were meant as environments or trust files. */
const misplacedIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .filter(
      (name) =>
        name.endsWith(".trust.json") ||
        (/\.[cm]?[jt]s$/.test(name) && readFileSync(join(folder, name), "utf8").includes("defineEnvironment(")),
    )
    .sort();

/**
 * Reads and checks one environment of the project in `root`.
 *
 * @throws {ConfigError} with every problem, when the file is missing, does not run or is not right
 */
export async function loadEnvironment(name: string, root: string): Promise<Environment> {
  const [loaded] = await loadEnvironments([name], root);
  if (loaded?.status !== "fulfilled") throw loaded?.reason;
  return loaded.value;
}

/**
 * The same of several, in their order: an invalid one does not affect the others.
 *
 * @param readable of files that are somebody else's: folders that they may read, and nothing else of this machine
 */
export async function loadEnvironments(
  names: readonly string[],
  root: string,
  readable?: readonly string[],
): Promise<PromiseSettledResult<Environment>[]> {
  const known = listEnvironments(root);
  const path = (name: string) => resolve(environmentsFolder(root), `${name}.ts`);
  const there = names.filter((name) => known.includes(name) && !read.has(path(name)));
  const evaluated = evaluateFiles(
    there.map((name) => ({ name, path: path(name) })),
    readable,
  );
  for (const [i, name] of there.entries()) {
    read.set(
      path(name),
      evaluated.then((all) => all[i] as Evaluated),
    );
  }
  return Promise.allSettled(
    names.map(async (name) => {
      const evaluation = known.includes(name) ? read.get(path(name)) : undefined;
      const { environment, problems } = (await evaluation) ?? refuseUnknown(name, root, known);
      if (environment) return environment;
      throw new ConfigError(relative(root, path(name)), problems);
    }),
  );
}

/** By path. A command sees a file as it was when it first looked. */
const read = new Map<string, Promise<Evaluated>>();

function refuseUnknown(name: string, root: string, known: readonly string[]): never {
  const misnamed = strayFiles(root).find(({ file }) => parse(file).name === name);
  if (misnamed) throw new ConfigError(misnamed.file, misnamed.problems);
  const near = nearest(name, known);
  const fix = near ? `did you mean "${near}"?` : `known: ${known.join(", ") || "none"}`;
  const file = relative(root, resolve(environmentsFolder(root), `${name}.ts`));
  throw new ConfigError(file, [{ path: [], got: name, message: "there is no such environment", fix }]);
}

/** Path of the trust file that is versioned beside an environment. */
export const trustFile = (name: string, root: string) => join(environmentsFolder(root), `${name}.trust.json`);

/** Path of the record of the last export of an environment's keys, versioned beside them. */
export const keyExportFile = (name: string, root: string) => join(environmentsFolder(root), `${name}.keys-export.json`);

/** Looks for a trust file, and returns its problems instead of throwing. */
export function findTrust(path: string, root: string): FoundTrust {
  const file = relative(root, path);
  if (!existsSync(path)) return { file, problems: [] };
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const wrong = code === "EISDIR" ? "is a folder" : `${code ? "cannot be read" : "is not JSON"}: ${message}`;
    return { file, problems: [{ path: [], message: wrong, fix: "restore it: it is versioned, and an export has it" }] };
  }
  const { data, problems } = readWith(Trust, input);
  return { file, trust: data, problems };
}

/**
 * Reads a trust file.
 *
 * @throws {ConfigError} when it is missing, is not JSON or is not right
 */
export function loadTrust(path: string, root: string): Trust {
  const { file, trust, problems } = findTrust(path, root);
  if (trust) return trust;
  const missing: Problem = { path: [], message: "there is no trust file", fix: "run natsform keys init" };
  throw new ConfigError(file, problems.length > 0 ? problems : [missing]);
}

/** The same of a file that may not exist yet. */
export const loadTrustIfThere = (path: string, root: string): Trust | undefined =>
  existsSync(path) ? loadTrust(path, root) : undefined;

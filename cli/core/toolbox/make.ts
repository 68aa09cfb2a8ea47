import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../../bin/built";
import { cacheFolder } from "../../../bin/cache-folder";
import { madePath, wholeMark } from "./find";
import type { MadeTool, Way } from "./list";
import { howToGet } from "./missing";
import { ProgramFailed, runProgram } from "./run";
import { inWorkFolder, putInPlace } from "./workshop";

/** Why a tool could not be made, and what to do about it. */
export class CannotMake extends Error {
  constructor(
    readonly reason: string,
    readonly fix: string,
  ) {
    super(reason);
  }
}

/**
 * Makes a tool and moves it to its place when it is whole.
 *
 * @param program path of Go or Python, whichever makes it
 * @returns its path
 * @throws CannotMake
 */
export async function makeTool(tool: MadeTool, program: string, signal: AbortSignal): Promise<string> {
  const place = join(cacheFolder(), tool.place);
  try {
    await inWorkFolder(basename(place), async (work) => {
      const made = await make(tool.way, { tool, program, work, place, signal });
      putInPlace(made, place, () => madePath(tool) !== undefined);
    });
  } catch (error) {
    throw explained(error, tool, signal);
  }
  const path = madePath(tool);
  if (path === undefined)
    throw new CannotMake(`what was made does not run, or is not ${tool.version}: ${place}`, "please report it");
  return path;
}

interface Making {
  tool: MadeTool;
  /** Path of Go or Python. */
  program: string;
  /** A folder for this alone. */
  work: string;
  /** Where what is made will lie. */
  place: string;
  signal: AbortSignal;
}

/** Makes the tool in the work folder. @returns where it lies there */
function make(way: Way, making: Making): Promise<string> {
  switch (way.by) {
    case "go":
      return buildPinned(way, making);
    case "go-version":
      return buildVersion(way, making);
    case "python":
      return makeEnvironment(way, making);
    case "go-files":
      return takeFiles(way, making);
  }
}

type WayBy<By extends Way["by"]> = Extract<Way, { by: By }>;

async function buildPinned(way: WayBy<"go">, { program, work, signal }: Making): Promise<string> {
  const made = join(work, "program");
  const args = ["build", "-ldflags=-s -w", "-o", made, way.package];
  await runProgram(program, args, { cwd: inPackage(way.folder), env: goEnv(), signal });
  return made;
}

async function buildVersion(way: WayBy<"go-version">, { tool, program, work, signal }: Making): Promise<string> {
  const folder = join(work, "bin");
  const args = ["install", "-ldflags=-s -w", `${way.package}@v${tool.version}`];
  await runProgram(program, args, { cwd: work, env: { ...goEnv(), GOBIN: folder }, signal });
  const [made = ""] = readdirSync(folder);
  return join(folder, made);
}

async function makeEnvironment(way: WayBy<"python">, { program, work, place, signal }: Making): Promise<string> {
  const made = join(work, "environment");
  const options = { cwd: work, env: pythonEnv(), signal };
  await runProgram(program, ["-m", "venv", made], options);
  // Without compiling: what is never imported need not be, and the rest is compiled when it first is.
  const flags = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"];
  // Wheels alone: what makes a package of sources is itself fetched, and no hash holds it.
  const list = ["--require-hashes", "--only-binary", ":all:", "-r", inPackage(way.requirements)];
  const pip = (...args: string[]) =>
    runProgram(join(made, "bin", "python3"), ["-m", "pip", "install", ...flags, ...args], options);
  await pip(...list);
  // Nothing but what the first list pins takes part in making them.
  if (way.sources !== undefined)
    await pip("--require-hashes", "--no-deps", "--no-build-isolation", "-r", inPackage(way.sources));
  renameIn(join(made, "bin"), made, place);
  writeFileSync(join(made, wholeMark), "");
  return made;
}

async function takeFiles(way: WayBy<"go-files">, { program, work, signal }: Making): Promise<string> {
  const made = join(work, "files");
  // Of the modules nothing but these files is kept. Go checks their checksums.
  const env = { ...goEnv(), GOMODCACHE: join(work, "modules"), GOFLAGS: "-modcacherw" };
  const lines = readFileSync(inPackage(way.list), "utf8").split("\n").filter(Boolean);
  const wanted = lines.map((line) => line.split(" ") as [module: string, file: string]);
  for (const module of new Set(wanted.map(([module]) => module))) {
    const told = await runProgram(program, ["mod", "download", "-json", module], { cwd: work, env, signal });
    const { Dir } = JSON.parse(told) as { Dir: string };
    for (const [from, file] of wanted) if (from === module) copyInto(made, join(Dir, file));
  }
  return made;
}

const inPackage = (path: string) => join(packageRoot, path);

/** The caller's environment, without what would make a program for another machine or of other sources. */
function goEnv(): NodeJS.ProcessEnv {
  const { GOOS, GOARCH, ...inherited } = process.env;
  return { ...inherited, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false -trimpath", GOWORK: "off" };
}

function pythonEnv(): NodeJS.ProcessEnv {
  const { PYTHONHOME, PYTHONPATH, ...inherited } = process.env;
  return { ...inherited, PIP_USER: "0" };
}

/** Programs of a Python environment name their interpreter by its path: they are told the one that they will have. */
function renameIn(folder: string, from: string, to: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    const text = readFileSync(path, "utf8");
    if (text.includes(from)) writeFileSync(path, text.replaceAll(from, to));
  }
}

function copyInto(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  copyFileSync(file, join(folder, basename(file)));
}

function explained(error: unknown, tool: MadeTool, signal: AbortSignal): unknown {
  const again = howToGet(tool);
  if (signal.aborted) return new CannotMake("interrupted", again);
  if (error instanceof ProgramFailed)
    return new CannotMake(reasonOf(error.said), `${hintOf(tool, error.said)}; ${again}`);
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code && syscall)
    return new CannotMake(message, `NATSFORM_CACHE names another folder than ${cacheFolder()}; ${again}`);
  return error;
}

/** What a program said that matters: pip's errors, or all but Go's progress. */
function reasonOf(said: readonly string[]): string {
  const errors = said.filter((line) => /^(error:|\s*"Error":)/i.test(line));
  const others = said.filter((line) => !/^(go: (downloading|finding)|WARNING:)/.test(line));
  const lines = (errors.length > 0 ? errors : others).slice(0, 3);
  return lines.map((line) => line.trim().slice(0, 400)).join("\n") || "it ended without a word";
}

function hintOf({ way }: MadeTool, said: readonly string[]): string {
  if (way.by !== "python") return "see that Go reaches its modules (go env GOPROXY)";
  if (said.some((line) => line.includes("ensurepip"))) return "add Python's venv module (apt-get install python3-venv)";
  return "see that pip reaches its packages (pip config list)";
}

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../../bin/cache-folder";
import { compareVersions } from "../../../model/config/server-keys";
import { findProviderMirror, providerVersion } from "../provider-mirror";
import { executable, findAll, findNatsServer } from "../tools";
import { type MadeTool, type Tool, type ToolName, type ToolOnPath, toolNamed } from "./list";

/** What was found of a tool. */
export interface FoundTool {
  /** For people: a version, or where it lies. */
  found: string;
  /** False for a version that is too old. */
  ok: boolean;
  /** The program, or the folder of what is no program. */
  path?: string;
}

/** Written into a folder when it is whole. */
export const wholeMark = ".installed";

/** Path of what natsform has made: the program, or the folder with the files. `undefined` unless it is whole. */
export function madePath({ version, place, way }: MadeTool): string | undefined {
  const path = join(cacheFolder(), place);
  switch (way.by) {
    case "go":
    case "go-version":
      if (basename(place) === `nats-server-${version}`) return findNatsServer(version);
      return findAll(basename(place))[0];
    case "python": {
      const program = join(path, "bin", way.program);
      // The interpreter is a link, and a system that has another Python now has broken it.
      const runs = [program, join(path, "bin", "python3")].every(executable);
      return runs && existsSync(join(path, wholeMark)) ? program : undefined;
    }
    case "go-files":
      return existsSync(path) ? path : undefined;
  }
}

/** Path of a program by its tool; `undefined` when it is not on this machine. */
export function toolPath(name: ToolName): string | undefined {
  const tool: Tool = toolNamed(name);
  if (tool.kind === "made") return madePath(tool);
  return tool.kind === "on-path" ? onPath(tool)[0] : undefined;
}

const onPath = ({ name, programs = [name] }: ToolOnPath) => programs.flatMap(findAll);

/** The version that the tool needs, for people: `2.14.5`, `>= 1.11` or `any`. */
export function neededVersion(tool: Tool): string {
  if (tool.kind === "made") return tool.version;
  if (tool.kind === "provider") return providerVersion(tool.provider);
  return tool.minimum ? `>= ${tool.minimum}` : "any";
}

/** Looks for a tool on this machine, and asks programs on PATH for their version. */
export async function findTool(tool: Tool): Promise<FoundTool | undefined> {
  switch (tool.kind) {
    case "runtime":
      return {
        found: process.versions.node,
        ok: compareVersions(process.versions.node, tool.minimum) >= 0,
        path: process.execPath,
      };
    case "made": {
      const path = madePath(tool);
      return path === undefined ? undefined : { found: tool.version, ok: true, path };
    }
    case "provider": {
      const folder = findProviderMirror(tool.provider)?.folder;
      return folder === undefined ? undefined : { found: providerVersion(tool.provider), ok: true, path: folder };
    }
    case "on-path":
      return findOnPath(tool);
  }
}

/** The first program that is new enough; otherwise the first that is there at all. */
async function findOnPath(tool: ToolOnPath): Promise<FoundTool | undefined> {
  const { versionArgs, minimum } = tool;
  let first: FoundTool | undefined;
  for (const path of onPath(tool)) {
    const version = versionArgs && (await printedVersion(path, versionArgs));
    const ok = minimum === undefined || (version !== undefined && compareVersions(version, minimum) >= 0);
    const found = { found: version ?? (minimum ? "does not tell its version" : "found"), ok, path };
    if (ok) return found;
    first ??= found;
  }
  return first;
}

const run = promisify(execFile);

/** The version that a program prints; `undefined` when it prints none, or does not run. */
async function printedVersion(path: string, args: readonly string[]): Promise<string | undefined> {
  try {
    // Otherwise Terraform waits for a server that not every network reaches.
    const env = { ...process.env, CHECKPOINT_DISABLE: "1" };
    const { stdout, stderr } = await run(path, [...args], { env, timeout: 20_000 });
    return /(\d+\.\d+(?:\.\d+)?)/.exec(`${stdout}\n${stderr}`)?.[1];
  } catch {
    return undefined;
  }
}

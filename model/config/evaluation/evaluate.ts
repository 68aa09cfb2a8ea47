import Module from "node:module";
import { dirname } from "node:path";
import { types } from "node:util";
import { Script } from "node:vm";
import type * as config from "..";
import { defineEnvironment } from "../define";
import { formatValue, type Problem } from "../problem";
import type { Ran, RunnableFile } from "./messages";
import { toSendable } from "./strange-values";

/** Time that a file may take. It is data: milliseconds are usual. */
export const limitSeconds = 10;

export const neverEnds: Problem = {
  path: [],
  message: `does not end within ${limitSeconds} seconds`,
  fix: "an environment is data: take out what loops or waits",
};

/** Runs a file. Whatever it does, short of ending its process, is a problem of it. */
export function evaluate(file: RunnableFile, configFile: string): Ran {
  try {
    return withLimit(() => toSendable(defaultExport(file, configFile)));
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return { problems: [neverEnds] };
    if (error === nothing) return { problems: [noDefault] };
    return { problems: [{ path: [], message: `does not run: ${failureReason(error, file.path)}` }] };
  }
}

/** An endless loop can be ended from within a process by V8 alone, which it does for scripts. */
function withLimit<T>(work: () => T): T {
  const run = globalThis as { natsformWork?: () => unknown };
  run.natsformWork = work;
  return new Script("natsformWork()").runInThisContext({ timeout: limitSeconds * 1000, displayErrors: false }) as T;
}

const nothing = new Error("there is no default export");
const noDefault: Problem = {
  path: [],
  message: "has no default export",
  fix: "export default defineEnvironment({ ... }); what is no environment belongs elsewhere",
};

interface Loader {
  _load: (request: string, ...rest: unknown[]) => unknown;
  _nodeModulePaths(folder: string): string[];
}
const loader = Module as unknown as Loader;

/** @throws whatever the file throws, or `nothing` */
function defaultExport({ path, code }: RunnableFile, configFile: string): unknown {
  const module = new Module(path) as Module & { paths: string[]; _compile(code: string, path: string): void };
  module.filename = path;
  module.paths = loader._nodeModulePaths(dirname(path));
  withOwnConfig(configFile, () => module._compile(code, path));
  const exported = module.exports as { default?: unknown } | null;
  // Between module systems a default export may arrive wrapped once more.
  const own = exported?.default as { default?: unknown } | undefined;
  const value = own && typeof own === "object" && "default" in own ? own.default : own;
  if (value === undefined) throw nothing;
  return value;
}

/**
 * Environments import `natsform/config` from the natsform that reads them, wherever project and package are installed.
 */
function withOwnConfig(configFile: string, work: () => void): void {
  const usual = loader._load;
  const own = ownConfig(() => usual(configFile) as typeof config);
  loader._load = (request, ...rest) => (request === "natsform/config" ? own : usual(request, ...rest));
  try {
    work();
  } finally {
    loader._load = usual;
  }
}

/** Nearly every file uses `defineEnvironment` alone: the schemas are loaded for those that use more. */
function ownConfig(whole: () => typeof config): object {
  const target = { __esModule: true, defineEnvironment } as Record<string | symbol, unknown>;
  return new Proxy(target, {
    get: (own, name) => (name in own || typeof name === "symbol" ? own[name] : Reflect.get(whole(), name)),
  });
}

/** Text of an error that a file threw, with the line of the file that threw it where it is known. */
export function failureReason(error: unknown, path: string): string {
  if (!types.isNativeError(error)) return `it throws ${formatValue(error)}`;
  const [first = ""] = error.message.split("\n");
  const line = error.stack?.split("\n").find((frame) => frame.includes(`${path}:`));
  const at = line && /:(\d+:\d+)\)?$/.exec(line)?.[1];
  return at ? `${at}: ${first}` : first;
}

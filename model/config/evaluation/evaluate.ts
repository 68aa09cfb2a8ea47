import Module from "node:module";
import { types } from "node:util";
import { Script } from "node:vm";
import { parseEnvironment } from "../parse";
import { formatValue, type Problem } from "../problem";
import { type EnvironmentFile, type Evaluated, handedOn } from "./messages";

/** Time that a file may take. It is data: milliseconds are usual. */
export const limitSeconds = 10;

export const neverEnds: Problem = {
  path: [],
  message: `does not end within ${limitSeconds} seconds`,
  fix: "an environment is data: take out what loops or waits",
};

/** Runs a file and checks what it exports. Whatever the file does, short of ending its process, is a problem of it. */
export function evaluate({ name, path }: EnvironmentFile): Evaluated {
  try {
    return withLimit(() => {
      const { environment, problems } = parseEnvironment(defaultExport(path), name);
      return { environment, problems: problems.map(handedOn) };
    });
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return { problems: [neverEnds] };
    if (error === nothing) return { problems: [noDefault] };
    return { problems: [{ path: [], message: `does not run: ${failureReason(error, path)}` }] };
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

/** @throws whatever the file throws, or `nothing` */
function defaultExport(path: string): unknown {
  // Not import(): tsx hooks into require.
  const module = withOwnConfig(() => require(path)) as { default?: unknown } | undefined;
  // Between module systems a default export may arrive wrapped once more.
  const own = module?.default as { default?: unknown } | undefined;
  const value = own && typeof own === "object" && "default" in own ? own.default : own;
  if (value === undefined) throw nothing;
  return value;
}

type ResolveFilename = (request: string, ...rest: unknown[]) => string;

/**
 * Environments import `natsform/config` from the natsform that reads them, wherever project and package are installed.
 */
function withOwnConfig<T>(work: () => T): T {
  const resolver = Module as unknown as { _resolveFilename: ResolveFilename };
  const usual = resolver._resolveFilename;
  resolver._resolveFilename = (request, ...rest) =>
    request === "natsform/config" ? require.resolve("../index") : usual.call(resolver, request, ...rest);
  try {
    return work();
  } finally {
    resolver._resolveFilename = usual;
  }
}

/** Text of an error that a file threw, with the line of the file that threw it where it is known. */
export function failureReason(error: unknown, path: string): string {
  if (!types.isNativeError(error)) return `it throws ${formatValue(error)}`;
  // A syntax error has its position in its second line: `/…/demo.ts:3:9: ERROR: Expected "}" but found ";"`.
  const [first = "", second = ""] = error.message.split("\n");
  if (/^Transform failed/.test(first)) return second.slice(second.indexOf(path) + path.length + 1);
  const line = error.stack?.split("\n").find((frame) => frame.includes(`${path}:`));
  const at = line && /:(\d+:\d+)\)?$/.exec(line)?.[1];
  return at ? `${at}: ${first}` : first;
}

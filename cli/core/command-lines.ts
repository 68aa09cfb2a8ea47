import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A program and what it was started with: two arguments at the most, so that `nats-server -t -c …` is no server. */
const mostArguments = 2;

/** Id of the process whose arguments end with these; `undefined` when there is none. */
export function processWithArguments(wanted: readonly string[]): number | undefined {
  return process.platform === "linux" ? inProc(wanted) : inTable(wanted);
}

function inProc(wanted: readonly string[]): number | undefined {
  const pid = readdirSync("/proc").find((name) => /^[0-9]+$/.test(name) && endsWith(argumentsOf(name), wanted));
  return pid === undefined ? undefined : Number(pid);
}

/** A process that has ended meanwhile, or a zombie, has none. */
function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(1, -1);
  } catch {
    return [];
  }
}

const endsWith = (args: readonly string[], wanted: readonly string[]) =>
  args.length > 0 &&
  args.length <= mostArguments &&
  wanted.every((text, i) => args[args.length - wanted.length + i] === text);

/** Where there is no /proc, `ps` prints command lines as one text each. */
function inTable(wanted: readonly string[]): number | undefined {
  const end = ` ${wanted.join(" ")}`;
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" }).split("\n");
  const found = lines.find((line) => line.endsWith(end) && !line.includes(" -t -c "));
  return found === undefined ? undefined : Number.parseInt(found, 10);
}

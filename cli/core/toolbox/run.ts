import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program that failed, with what it said about it. */
export class ProgramFailed extends Error {
  constructor(
    readonly program: string,
    readonly said: readonly string[],
  ) {
    super(said.join("\n"));
  }
}

/** More are not kept: the last ones say why. */
const mostLines = 200;
/** For a program to end by itself when it is told to. */
const graceMs = 5000;

export interface RunOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Ends the program and all that it has started. */
  signal: AbortSignal;
}

/**
 * Runs a program to its end.
 *
 * @returns its standard output
 * @throws ProgramFailed when it does not end with 0
 */
export function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { cwd, env, signal } = options;
  signal.throwIfAborted();
  // In a group of its own: compilers are its children, and must not outlive it.
  const child = spawn(program, [...args], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const stdout: string[] = [];
  const said: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => void stdout.push(line));
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      if (line.trim() !== "") said.push(line);
      if (said.length > mostLines) said.shift();
    });
  const kill = (how: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(-child.pid, how);
    } catch {
      // It has ended.
    }
  };
  let late: NodeJS.Timeout | undefined;
  const end = () => {
    kill("SIGTERM");
    late = setTimeout(() => kill("SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", end);
  return new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (signal.aborted) reject(signal.reason);
      else if (code === 0) resolve(stdout.join("\n"));
      else reject(new ProgramFailed(program, said));
    });
  }).finally(() => {
    clearTimeout(late);
    signal.removeEventListener("abort", end);
  });
}

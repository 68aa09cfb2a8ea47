import { spawn } from "node:child_process";

/** A program that failed, with what it said about it. */
export class ProgramFailed extends Error {
  constructor(
    readonly program: string,
    readonly said: readonly string[],
  ) {
    super(said.join("\n"));
  }
}

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
  let stdout = "";
  const said: string[] = [];
  const keep = (text: string) => {
    said.push(...text.split("\n").filter((line) => line.trim() !== ""));
    if (said.length > 400) said.splice(0, said.length - 200);
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    keep(text);
  });
  child.stderr.setEncoding("utf8").on("data", keep);
  const end = () => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGTERM");
    } catch {
      // It has ended.
    }
  };
  signal.addEventListener("abort", end);
  return new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (signal.aborted) reject(signal.reason);
      else if (code === 0) resolve(stdout);
      else reject(new ProgramFailed(program, said));
    });
  }).finally(() => signal.removeEventListener("abort", end));
}

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Problem } from "../problem";
import { limitSeconds, neverEnds } from "./evaluate";
import type { EnvironmentFile, Evaluated, Message } from "./messages";

/**
 * Evaluates environment files in a process of their own: one that never ends, ends its process or prints something is a
 * problem of that file and of nothing else.
 *
 * All of them share one process as long as each leaves it as it found it.
 */
export async function evaluateFiles(files: readonly EnvironmentFile[]): Promise<Evaluated[]> {
  const all: Evaluated[] = [];
  while (all.length < files.length) {
    const { evaluated, end } = await oneProcess(files.slice(all.length));
    all.push(...evaluated);
    // A failure of a later file may be caused by those before it: it runs again, alone.
    if (evaluated.length === 0) all.push({ problems: [end] });
  }
  return all;
}

interface Ended {
  evaluated: Evaluated[];
  /** Problem of the file at which the process ended. */
  end: Problem;
}

function oneProcess(files: readonly EnvironmentFile[]): Promise<Ended> {
  const child = fork(join(__dirname, "child.ts"), {
    execArgv: ["--require", require.resolve("tsx/cjs")],
    // What a file prints is no part of a result: it goes where errors go.
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "advanced",
  });
  return new Promise((resolve, reject) => {
    const evaluated: Evaluated[] = [];
    let begun = false;
    // V8 ends loops; what waits inside of the system is ended from here, later than those.
    const watchdog = new Watchdog(child, (limitSeconds + 2) * 1000);
    child.on("message", (message: Message) => {
      watchdog.start();
      if (message === "begins") begun = true;
      else evaluated.push(message);
      if (evaluated.length === files.length) child.kill("SIGKILL");
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      watchdog.stop();
      if (!begun) reject(new Error(`the process that reads environments ended at its start: ${signal ?? code}`));
      else resolve({ evaluated, end: watchdog.ended ? neverEnds : endOf(code, signal) });
    });
    child.send([...files]);
  });
}

function endOf(code: number | null, signal: NodeJS.Signals | null): Problem {
  const message = signal ? `ends its process by ${signal}` : `ends the process with code ${code}`;
  return { path: [], message, fix: "an environment is data: take out what ends the process" };
}

/** Kills a process that has been silent for a time. */
class Watchdog {
  ended = false;
  #timer: NodeJS.Timeout | undefined;
  constructor(
    readonly child: ChildProcess,
    readonly limitMs: number,
  ) {}

  start(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.ended = true;
      this.child.kill("SIGKILL");
    }, this.limitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

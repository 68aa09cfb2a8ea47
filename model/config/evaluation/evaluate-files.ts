import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { builtFile } from "../../../bin/built";
import { parseEnvironment } from "../parse";
import { formatValue, type Problem, Shown } from "../problem";
import type { Environment } from "../schema";
import { compileFile } from "./compile";
import { limitSeconds, neverEnds } from "./evaluate";
import { isolatedProcess } from "./isolation";
import { keepValue, keptValue } from "./kept-values";
import type { Message, Ran, RunnableFile } from "./messages";
import { fromSendable } from "./strange-values";

/** A file that is to be evaluated, and the name of the environment that it should export. */
export interface EnvironmentFile {
  name: string;
  path: string;
}

/** Result of a file: the environment, or all of its problems. */
export interface Evaluated {
  environment?: Environment;
  problems: readonly Problem[];
}

/**
 * Evaluates environment files: each is compiled, run and checked, whatever the others are.
 *
 * @param readable folders that files may read when they are somebody else's: they run without variables, network and other
 *   programs then. Absent: they are the caller's own
 */
export async function evaluateFiles(
  files: readonly EnvironmentFile[],
  readable?: readonly string[],
): Promise<Evaluated[]> {
  const ran = await runAll(
    files.map(({ path }) => path),
    readable,
  );
  return files.map(({ name, path }) => {
    const one = ran.get(path) as Ran;
    if (one.problems) return { problems: one.problems };
    const { environment, problems } = parseEnvironment(fromSendable(one), name);
    return { environment, problems: problems.map(printable) };
  });
}

/** Results of files by their paths: of those that are nothing but data the kept ones, if there are any. */
async function runAll(paths: readonly string[], readable: readonly string[] | undefined): Promise<Map<string, Ran>> {
  const all = new Map<string, Ran>();
  const runnable: (RunnableFile & { isConstant: boolean; source: string })[] = [];
  for (const path of paths) {
    const source = readFileSync(path, "utf8");
    const kept = keptValue(path, source);
    if (kept) {
      all.set(path, { ...kept, strange: [] });
      continue;
    }
    const compiled = compileFile(path, source);
    if (compiled.problems) all.set(path, compiled);
    else runnable.push({ path, source, ...compiled });
  }
  const ran = await runFiles(runnable, readable);
  for (const [i, { path, source, isConstant }] of runnable.entries()) {
    const one = ran[i] as Ran;
    all.set(path, one);
    if (isConstant && !one.problems && one.strange.length === 0) keepValue(path, source, one.value);
  }
  return all;
}

/** Values of files need not be data that can be printed. */
function printable(problem: Problem): Problem {
  const { got } = problem;
  const isPlain = got === null || ["string", "number", "boolean", "undefined"].includes(typeof got);
  if (!("got" in problem) || isPlain) return problem;
  const text = formatValue(got);
  return { ...problem, got: new Shown(text, asData(got) ?? text) };
}

function asData(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/**
 * Runs files in a process of their own: one that never ends, ends its process or prints something is a problem of that
 * file and of nothing else.
 *
 * All of them share one process as long as each leaves it as it found it.
 */
async function runFiles(files: readonly RunnableFile[], readable: readonly string[] | undefined): Promise<Ran[]> {
  const all: Ran[] = [];
  while (all.length < files.length) {
    const { ran, end } = await oneProcess(files.slice(all.length), readable);
    all.push(...ran);
    // A failure of a later file may be caused by those before it: it runs again, alone.
    if (ran.length === 0) all.push({ problems: [end] });
  }
  return all;
}

interface Ended {
  ran: Ran[];
  /** Problem of the file at which the process ended. */
  end: Problem;
}

function oneProcess(files: readonly RunnableFile[], readable: readonly string[] | undefined): Promise<Ended> {
  const child = fork(builtFile("evaluation.cjs"), [builtFile("config.cjs")], {
    execArgv: [],
    ...(readable && isolatedProcess([...readable, builtFile("evaluation.cjs"), builtFile("config.cjs")])),
    // A terminal's interrupt is for the command, which ends this process: else it would be told as the file's own end. And
    // what a file has started is in its group, and ends with it.
    detached: true,
    // What a file prints is no part of a result: it goes where errors go.
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "advanced",
  });
  const endToo = () => endGroup(child);
  process.once("exit", endToo);
  return new Promise((resolve, reject) => {
    const ran: Ran[] = [];
    let begun = false;
    // V8 ends loops; what waits inside of the system is ended from here, later than those.
    const watchdog = new Watchdog(child, (limitSeconds + 2) * 1000);
    child.on("message", (message: Message) => {
      watchdog.start();
      if (message === "begins") begun = true;
      else ran.push(message);
      if (ran.length === files.length) endGroup(child);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("exit", endToo);
      watchdog.stop();
      endGroup(child);
      if (!begun) reject(new Error(`the process that reads environments ended at its start: ${signal ?? code}`));
      else resolve({ ran, end: watchdog.ended ? neverEnds : endOf(code, signal) });
    });
    child.send(files.map(({ path, code }) => ({ path, code })));
  });
}

function endOf(code: number | null, signal: NodeJS.Signals | null): Problem {
  const message = signal ? `ends its process by ${signal}` : `ends the process with code ${code}`;
  return { path: [], message, fix: "an environment is data: take out what ends the process" };
}

/** Kills a process and what it has started. */
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // There is no group, where a system has none, or since all of it has ended.
    child.kill("SIGKILL");
  }
}

/** Kills a process that has been silent for a time, and what it has started. */
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
      endGroup(this.child);
    }, this.limitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

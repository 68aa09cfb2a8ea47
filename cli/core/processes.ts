import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { privateFolder, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { processWithArguments } from "./command-lines";

/**
 * A process that outlives the command that started it. Its id alone would not do: the system gives it to another process
 * later, so its start time is kept as well, and what that counts from.
 */
const Recorded = z.object({
  pid: z.int().positive(),
  started: z.string().min(1),
  /** Boot of the machine that `started` counts from: absent where that is a date, and in records of natsform before it. */
  boot: z.string().min(1).optional(),
  /** Milliseconds that it has to stop, where it was started with a time of its own. */
  graceMs: z.number().optional(),
});
export type RecordedProcess = z.output<typeof Recorded>;

/** Start time of the process, as the operating system reports it; `undefined` when there is no such process. */
function startedAt(pid: number): string | undefined {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name in parentheses may hold spaces; state and start time are counted from behind it.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      // Killed, its first thread may be gone while others still hold its ports and files.
      const isOver = fields[0] === "Z" && Number(fields[17]) <= 1;
      return isOver ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Linux counts start times from the boot: after one, another process may have the same id and the same time. */
function bootId(): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** A record of the process with this id, with its start time. */
export const recordOf = (pid: number): RecordedProcess => ({ pid, started: startedAt(pid) ?? "gone", boot: bootId() });

/** True unless the record is of an earlier boot, whose processes are gone, and whose ids others may have. */
export function isOfThisBoot({ boot }: RecordedProcess): boolean {
  const current = bootId();
  return boot === undefined || current === undefined || boot === current;
}

/** True while the recorded process runs. */
export const isRunning = (recorded: RecordedProcess): boolean =>
  isOfThisBoot(recorded) && startedAt(recorded.pid) === recorded.started;

/** Parses a record; `undefined` when the text is not one. */
export function parseRecord(text: string): RecordedProcess | undefined {
  try {
    return Recorded.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * The process of this folder, if it runs: the recorded one, or one whose command line names the folder's own files. A
 * record can be lost, what it was of goes on, and a second server on the same data destroys them.
 */
export function runningProcess(folder: ProgramFolder): RecordedProcess | undefined {
  const recorded = parseRecord(readIfThere(folder.process) ?? "");
  if (recorded && isRunning(recorded)) return recorded;
  const pid = processWithArguments(folder.lastArguments);
  return pid === undefined ? undefined : recordOf(pid);
}

/** True when the recorded process has ended without being stopped by natsform. */
export function exitedUnexpectedly(folder: ProgramFolder): boolean {
  return readIfThere(folder.process) !== undefined && runningProcess(folder) === undefined;
}

export interface StartProps {
  command: string;
  args: readonly string[];
  /** The whole environment of the process: nothing else is inherited. */
  env: Record<string, string>;
  /** Working directory. @default the folder */
  cwd?: string;
  /** Milliseconds that it has to stop: kept with it, for those who stop it without knowing what it is. */
  graceMs?: number;
}

/** Starts a process in a session of its own, with its output appended to the folder's log, and records it. */
export async function startProcess(
  folder: ProgramFolder,
  { command, args, env, cwd = folder.root, graceMs }: StartProps,
): Promise<RecordedProcess> {
  mkdirSync(folder.root, { recursive: true, mode: privateFolder });
  const log = openSync(folder.log, "a", 0o600);
  try {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const pid = child.pid as number;
    child.unref();
    const recorded = { ...recordOf(pid), graceMs };
    writeFileAtomically(folder.process, `${JSON.stringify(recorded)}\n`);
    return recorded;
  } finally {
    closeSync(log);
  }
}

/** Milliseconds that the recorded process has to stop, where it has a time of its own. */
export const graceOf = (folder: ProgramFolder): number | undefined =>
  parseRecord(readIfThere(folder.process) ?? "")?.graceMs;

/** Sends a signal to the recorded process, if it runs. */
export function signalProcess(folder: ProgramFolder, signal: NodeJS.Signals): boolean {
  const recorded = runningProcess(folder);
  if (!recorded) return false;
  try {
    process.kill(recorded.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** Asks the process to end with `signal` and waits; after `graceMs` it is ended by force. Resolves when it is gone. */
export async function stopProcess(
  folder: ProgramFolder,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<"gone" | "killed"> {
  let outcome: "gone" | "killed" = "gone";
  const recorded = runningProcess(folder);
  if (signalProcess(folder, signal) && !(await poll(() => !runningProcess(folder), graceMs))) {
    signalProcess(folder, "SIGKILL");
    outcome = "killed";
    await poll(() => !runningProcess(folder), 10_000);
  }
  // A service may be a shell that has started others.
  if (recorded) killMembers(recorded.pid);
  rmSync(folder.process, { force: true });
  return outcome;
}

/** Kills a recorded process, if it runs, with all processes of its group: it leads one. */
export async function killGroup(recorded: RecordedProcess): Promise<void> {
  if (!isRunning(recorded)) return;
  killMembers(recorded.pid);
  await poll(() => !isRunning(recorded), 10_000);
}

/** Kills all processes of a group. One that is gone is no error. */
export function killMembers(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Calls `done` every 25 ms until it returns true or the time is over. */
export async function poll(done: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    if (await done()) return true;
    if (Date.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The last lines of a log, for messages about what went wrong. */
export function lastLines(path: string, count: number): string[] {
  return (readIfThere(path) ?? "").trimEnd().split("\n").slice(-count);
}

export interface ProgramFolder {
  root: string;
  log: string;
  process: string;
  /** How its command line ends: no other process's does. */
  lastArguments: readonly string[];
}

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import { eventually } from "./eventually";
import type { TestProject } from "./project";

/** Whether there is such a process, zombies left out: those whose last thread is gone, and with it their ports. */
export function isAlive(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return !/^State:\s+Z/m.test(status) || Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]) > 1;
  } catch {
    return false;
  }
}

/** Processes that work below a folder, or whose command line names it; not this one. */
export const processesOf = (folder: string): number[] =>
  readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const works = readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      return works || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });

/** Kills what works below a folder, and what is started there meanwhile; only returns once all of it is gone. */
export async function endProcessesOf(folder: string): Promise<void> {
  await eventually("the end of what works in a folder", () => {
    const alive = processesOf(folder).filter(isAlive);
    for (const pid of alive) killIfThere(pid);
    return alive.length === 0;
  });
}

/** SIGKILL. One that has ended by itself since it was found is no error. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** `natsform ...args` in the background. The caller ends it. */
export function natsformProcess(project: TestProject, ...args: string[]): ChildProcess {
  const program = resolve(__dirname, "../../bin/natsform.js");
  return spawn(process.execPath, [program, ...args], { cwd: project.root, stdio: ["ignore", "pipe", "pipe"] });
}

/** A process that has nothing to do with natsform. The caller ends it. */
export function innocent(): ChildProcess {
  return spawn("sleep", ["600"], { stdio: "ignore" });
}

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { TestProject } from "./project";

/** Whether there is such a process, zombies left out. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
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

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { CrowdOrder, CrowdReport } from "./crowd-program";

/** Below everything that is measured, and not so low that others' work on the machine starves it. */
const LOW_PRIORITY = 5;

/** Many clients of one server, in a process of their own. */
export class Crowd {
  private constructor(readonly child: ChildProcess) {}

  /** @param folder for the program */
  static start(folder: string, order: CrowdOrder): Crowd {
    const outfile = join(folder, "crowd.cjs");
    const entry = join(__dirname, "crowd-program.ts");
    buildSync({ entryPoints: [entry], bundle: true, platform: "node", target: "node20", outfile, logLevel: "error" });
    const child = fork(outfile, { execArgv: [], env: {}, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    lowerPriority(child.pid);
    child.send(order);
    return new Crowd(child);
  }

  /** All that have connected send their CONNECT now. */
  logIn(): void {
    this.child.send("login");
  }

  report(): Promise<CrowdReport> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error("the crowd ended"));
      this.child.once("message", (report) => {
        this.child.removeListener("exit", ended);
        resolve(report as CrowdReport);
      });
      this.child.once("exit", ended);
      this.child.send("report");
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, "close");
    this.child.kill("SIGKILL");
    await closed;
  }
}

/** Lets a process have what others leave. */
export function lowerPriority(pid: number | undefined): void {
  if (pid !== undefined) setPriority(pid, LOW_PRIORITY);
}

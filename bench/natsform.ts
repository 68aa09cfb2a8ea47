import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../bin/built";

/** Runs a command as a user would in `folder`; throws with its output when it fails. */
export function natsform(folder: string, ...args: string[]): void {
  execFileSync(process.execPath, [join(packageRoot, "bin/natsform.js"), ...args], { cwd: folder, stdio: "pipe" });
}

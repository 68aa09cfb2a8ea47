import { execFileSync } from "node:child_process";
import { cpSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { builtFile, packageRoot } from "../../bin/built";

/** Copies the checkout's sources and what is built of them to a folder, where a test may change them. */
export function copyCheckout(folder: string): void {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard"];
  for (const name of execFileSync("git", list, { cwd: packageRoot, encoding: "utf8" }).split("\n")) {
    const from = join(packageRoot, name);
    const isSource = name !== "" && !/^(__tests__|docs|\.)/.test(name);
    // Times are part of what tells whether something is built of the sources as they are.
    if (isSource && statSync(from, { throwIfNoEntry: false })?.isFile()) {
      cpSync(from, join(folder, name), { preserveTimestamps: true });
    }
  }
  const built = dirname(builtFile("natsform.cjs"));
  cpSync(built, join(folder, "build"), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"));
}

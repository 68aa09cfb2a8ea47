import { cpSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { builtFile, packageRoot } from "../../bin/built";

const left = /^(__tests__|docs|node_modules|build|dist|cdktf\.out|\..*|.*\.tfstate)$/;

/** Copies the checkout's sources and what is built of them to a folder, where a test may change them. */
export function copyCheckout(folder: string): void {
  // Times are part of what tells whether something is built of the sources as they are.
  const exactly = { recursive: true, preserveTimestamps: true };
  const isSource = (path: string) => !left.test(relative(packageRoot, path).split("/")[0] ?? "");
  cpSync(packageRoot, folder, { ...exactly, filter: isSource });
  cpSync(dirname(builtFile("natsform.cjs")), join(folder, "build"), exactly);
  symlinkSync(join(packageRoot, "node_modules"), join(folder, "node_modules"));
}

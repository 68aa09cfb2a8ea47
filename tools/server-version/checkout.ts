import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout that is in use. */
export const checkout = resolve(__dirname, "../..");

/** Files of the checkout: all that Git knows or would take. */
function filesOf(root: string): string[] {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  return list
    .split("\0")
    .filter((file) => file !== "" && lstatSync(join(root, file), { throwIfNoEntry: false })?.isFile());
}

/** A copy of the checkout as it stands, with what is built of it: whatever happens there, nothing changes here. */
export function copyCheckout(): { root: string; remove: () => void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "natsform-release-")));
  // Times are part of what tells whether something is built of the sources as they are.
  for (const file of filesOf(checkout)) cpSync(join(checkout, file), join(root, file), { preserveTimestamps: true });
  if (existsSync(join(checkout, "build")))
    cpSync(join(checkout, "build"), join(root, "build"), { recursive: true, preserveTimestamps: true });
  symlinkSync(realpathSync(join(checkout, "node_modules")), join(root, "node_modules"));
  // Tests list the files of their checkout.
  execFileSync("git", ["init", "--quiet"], { cwd: root });
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export const read = (root: string, file: string): string => readFileSync(join(root, file), "utf8");

/** Writes what differs; a file that is as it should be keeps its time. */
export function write(root: string, file: string, text: string): boolean {
  if (existsSync(join(root, file)) && read(root, file) === text) return false;
  writeFileSync(join(root, file), text);
  return true;
}

/** Runs a program there, with its output on this terminal. @throws when it does not end with 0 */
export const run = (root: string, program: string, ...args: string[]): void =>
  void execFileSync(program, args, { cwd: root, stdio: "inherit" });

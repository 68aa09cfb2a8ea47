import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CommandResult } from "./project";

export const checkout = resolve(__dirname, "../..");

/** Every kind of nkey seed; public keys, which are as long, may hold its first letters further inside. */
export const seeds = /\bS[UAXOCN][A-Z2-7]{50,}/;

/** Runs `natsform ...args` in a folder, without a terminal, with variables set anew (`undefined` removes one). */
export function natsform(
  cwd: string,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<CommandResult> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [join(checkout, "bin/natsform.js"), ...args],
      { cwd, env: { ...process.env, ...env }, encoding: "utf8", timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

/** Every file below a folder with its content: two of these are equal when nothing was written in between. */
export function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    files.map((file) => [file, statSync(join(folder, file)).isFile() ? readFileSync(join(folder, file), "utf8") : ""]),
  );
}

/** The permission bits of a file, as `ls` counts them. */
export const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

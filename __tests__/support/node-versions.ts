import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../bin/cache-folder";

/** Releases of Node that the command line runs on, oldest first; the last is that of images. */
export const nodeVersions = ["20.19.6", "22.23.3", "24.21.0"] as const;
/** Release of Lambda's runtime, see `modules/aws/lambda-program.ts`. */
export const lambdaNode = "22.23.3";

/** Path of this release of Node, from npm's package `node`; `undefined`, with the reason printed, where it cannot be had. */
export function nodeAt(version: string): string | undefined {
  const folder = join(cacheFolder(), "node", version);
  const program = join(folder, "node_modules/node/bin/node");
  if (existsSync(program)) return program;
  const parent = join(cacheFolder(), "node");
  mkdirSync(parent, { recursive: true });
  const part = mkdtempSync(join(parent, "part-"));
  try {
    const args = ["install", "--prefix", part, "--no-audit", "--no-fund", "--loglevel=error", `node@${version}`];
    execFileSync("npm", [...args, "--foreground-scripts"], { stdio: "pipe", timeout: 300_000 });
    if (!existsSync(join(part, "node_modules/node/bin/node"))) throw new Error("its package has no program here");
    if (!existsSync(folder)) renameSync(part, folder);
    return program;
  } catch (error) {
    const [reason] = String((error as { stderr?: Buffer }).stderr ?? error).split("\n");
    process.stderr.write(`Node ${version}: skipped: npm's package node cannot be installed: ${reason}\n`);
    return undefined;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile, link, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { copyCheckout } from "./checkout-copy";
import { repository } from "./stacks";

interface Package {
  version: string;
  files: string[];
  exports: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}
export const ownPackage = require("../../package.json") as Package;

/** Why packages cannot be installed here; empty when they can. Said once, where tests are skipped for it. */
export function missingPackages(what: string): string {
  const question = ["view", "cdktf", "version", "--prefer-online", "--fetch-retries=1", "--fetch-timeout=20000"];
  if (spawnSync("npm", question, { stdio: "ignore", timeout: 60_000 }).status === 0) return "";
  const missing = "npm does not reach its registry";
  process.stderr.write(`${what}: skipped: ${missing}\n`);
  return missing;
}

/** Runs a program and returns what it printed; fails with everything that it said. */
export function execute(cwd: string, command: string, ...args: string[]): Promise<string> {
  return new Promise((done, failed) => {
    execFile(command, args, { cwd, encoding: "utf8", maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      error ? failed(new Error(`${command} ${args.join(" ")}: ${error.code}\n${stdout}${stderr}`)) : done(stdout),
    );
  });
}

/**
 * Packs the package as `npm pack` does, from a copy of the checkout: what packing builds is then in nobody's way.
 *
 * @returns path of the tarball
 */
export async function pack(folder: string): Promise<string> {
  const copy = join(folder, "checkout");
  copyCheckout(copy);
  await execute(copy, "npm", "pack", "--pack-destination", folder);
  return join(folder, `natsform-${ownPackage.version}.tgz`);
}

/** What an app brings itself: of peers the oldest that natsform allows, so that a copy of natsform's own would show. */
const brought = () => {
  const { dependencies, devDependencies, peerDependencies } = ownPackage;
  const peers = Object.entries(peerDependencies).map(([name, range]) => `${name}@${range.replace("^", "")}`);
  const providers = ["aws", "helm", "kubernetes"].map((name) => `@cdktf/provider-${name}`);
  const pinned = { ...dependencies, ...devDependencies };
  return [...peers, ...[...providers, "typescript", "@types/node"].map((name) => `${name}@${pinned[name]}`)];
};

/** A CDKTF app of somebody else with natsform installed in it. */
export async function appWith(folder: string, files: Record<string, string>): Promise<string> {
  const app = join(folder, "app");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(app, name)), { recursive: true });
    writeFileSync(join(app, name), text);
  }
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true }));
  const template = join(repository, "node_modules/cdktf-cli/bundle/templates/typescript/tsconfig.json");
  const tsconfig = JSON.parse(readFileSync(template, "utf8")) as { compilerOptions: object };
  const compilerOptions = { ...tsconfig.compilerOptions, esModuleInterop: true };
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ ...tsconfig, compilerOptions }));

  await linkDependencies(app);
  const tarball = await pack(folder);
  await execute(app, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", tarball, ...brought());
  return app;
}

/**
 * Puts natsform's dependencies where npm would, from the checkout: npm sees that they fit, and need not unpack 70,000 files.
 * What an app brings itself is left to npm.
 */
async function linkDependencies(app: string): Promise<void> {
  const lock = readFileSync(join(repository, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(lock) as { packages: Record<string, { dev?: true }> };
  const own = Object.entries(packages).filter(
    ([path, { dev }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && existsSync(join(repository, path)),
  );
  const peers = Object.keys(ownPackage.peerDependencies).map((name) => `node_modules/${name}`);
  for (const [path] of own) if (!peers.includes(path)) await linkFolder(join(repository, path), join(app, path));
}

/** A copy of a folder whose files are the same ones where the file system can do that. */
async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkFolder(source, target);
    else if (entry.isFile()) await link(source, target).catch(() => copyFile(source, target));
  }
}

/** The page that shows how the package is used. */
export const reusePage = readFileSync(join(repository, "docs/reuse.md"), "utf8");

/** The page's blocks of TypeScript whose first line names their file, by that name. */
export function namedBlocks(page = reusePage): Record<string, string> {
  const blocks = page.matchAll(/```ts\n\/\/ (\S+)\n(.*?)```/gs);
  return Object.fromEntries([...blocks].map(([, name = "", text = ""]) => [name, text]));
}

/** Imports that the page lists, and whether it says that they load CDKTF: "yes" or "no". */
export function documentedImports(): Record<string, string> {
  const rows = reusePage.matchAll(/^\| `(natsform\/[a-z-]+)` \|.*\| (yes|no) \|$/gm);
  return Object.fromEntries([...rows].map(([, name = "", loads = ""]) => [name, loads]));
}

// Files that natsform is built into, and the folder that they lie in. Plain JavaScript: Node runs it before anything is
// built. A package has the built files alone. A checkout has sources too: there a file is built again when its sources
// have changed, so whoever edits one never runs an old program.
const { existsSync, readFileSync, statSync } = require("node:fs");
const { dirname, join } = require("node:path");

/**
 * @typedef {object} Build
 * @property {Record<string, string>} digests SHA-256 of each built file, by its name
 * @property {Record<string, Source>} sources files that the built ones are made of, by their paths in the checkout
 *
 * @typedef {object} Source
 * @property {number} time when it was changed, in milliseconds
 * @property {number} size in bytes
 */

/** The checkout, or the folder of the installed package: the nearest one with a package.json. */
const packageRoot = rootAbove(__dirname);

/** @param {string} folder */
function rootAbove(folder) {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return at;
    if (dirname(at) === at) throw new Error(`${folder} is no part of natsform: there is no package.json above it`);
  }
}

const folder = join(packageRoot, "build");
const recordPath = join(folder, "build.json");
const builder = join(packageRoot, "artifacts", "build", "main.ts");

/** Kept for the whole process: a built file has a copy of this module. @type {{ natsformBuild?: Build }} */
const shared = /** @type {any} */ (globalThis);

/**
 * The built files as they are now; in a checkout they are built first, where that is needed.
 *
 * @returns {Build}
 */
function currentBuild() {
  if (shared.natsformBuild) return shared.natsformBuild;
  const found = readBuild();
  if (found && (!existsSync(builder) || isFresh(found))) {
    shared.natsformBuild = found;
    return found;
  }
  if (!existsSync(builder)) throw new Error(`${folder} is missing: this package of natsform is not whole`);
  build();
  const built = readBuild();
  if (!built) throw new Error(`${recordPath} was not written`);
  shared.natsformBuild = built;
  return built;
}

/** @returns {Build | undefined} */
function readBuild() {
  try {
    return JSON.parse(readFileSync(recordPath, "utf8"));
  } catch {
    return undefined;
  }
}

const missingIsUndefined = { throwIfNoEntry: false };

/** @param {Build} build */
function isFresh({ digests, sources }) {
  // Joined by hand, and asked one by one of a few hundred files: this is part of every command.
  for (const path in sources) {
    const found = statSync(`${packageRoot}/${path}`, missingIsUndefined);
    const source = /** @type {Source} */ (sources[path]);
    if (!found || found.mtimeMs !== source.time || found.size !== source.size) return false;
  }
  for (const name in digests) if (!existsSync(join(folder, name))) return false;
  return true;
}

/** Builds in a process of its own: the builder loads TypeScript, and the caller may be a test. */
function build() {
  const { spawnSync } = require("node:child_process");
  const args = ["--require", require.resolve("tsx/cjs", { paths: [packageRoot] }), builder];
  const { status, stderr, error } = spawnSync(process.execPath, args, { cwd: packageRoot, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`natsform cannot be built from its sources:\n${stderr}`);
}

/**
 * Path of a built file.
 *
 * @param {string} name its name in `build/`, such as `natsform.cjs`
 */
function builtFile(name) {
  if (!currentBuild().digests[name]) throw new Error(`there is no built file ${name}`);
  return join(folder, name);
}

/**
 * SHA-256 of a built file.
 *
 * @param {string} name
 * @returns {string}
 */
const builtDigest = (name) => currentBuild().digests[name] ?? "";

/** Read, not imported: a compiler would put a copy of package.json beside what it makes, and that is where a package begins. */
const packageVersion = () => {
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  return version;
};

module.exports = { builtDigest, builtFile, packageRoot, packageVersion };

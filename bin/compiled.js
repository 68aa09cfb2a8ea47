// V8's compiled code of built files, kept between runs: without it most of a short command's time is compilation.
// Node's own compile cache begins with Node 22, and keeps the functions of the first command that ran. Here each use has
// the functions that it calls itself.
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { dirname, join } = require("node:path");
const { constants, Script } = require("node:vm");
const { builtDigest, builtFile } = require("./built");
const { cacheFolder } = require("./cache-folder");
const { readKept, writeKept } = require("./kept-file");

/** Two dozen commands of three checkouts, or of three versions; each has one to five MB. */
const mostKept = 72;

/**
 * Runs a built file whose text is one function of a CommonJS module's own names.
 *
 * @param {string} name its name in `build/`
 * @param {string} use what it is run for, in letters of file names
 * @returns {any} what it exports
 */
function loadBuilt(name, use) {
  const path = builtFile(name);
  // V8 itself compares no more than the length of the source.
  const digest = builtDigest(name);
  // Built files are ASCII: nothing has to be decoded, and V8 keeps one byte a character.
  const text = readFileSync(path, "latin1");
  // A name for each place: checkouts do not replace each other's, and new code replaces the old.
  const place = createHash("sha256").update(path).digest("hex").slice(0, 12);
  const keptPath = join(cacheFolder(), "compiled", `${place}-${use}-${process.version}-${process.arch}`);
  const kept = readKept(keptPath, digest);
  const script = new Script(text, {
    filename: path,
    cachedData: kept,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  // At the end: only then it is known which functions were called.
  if (!kept || script.cachedDataRejected) {
    process.once("exit", () => writeKept(keptPath, digest, script.createCachedData(), mostKept));
  }
  const module = { exports: {} };
  // The text is one function, as Node's loader would wrap it.
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return module.exports;
}

module.exports = { loadBuilt };

const { existsSync, mkdirSync, statSync } = require("node:fs");
const { dirname, resolve } = require("node:path");

/**
 * Makes a folder with those above it, as `mkdir -p` does. Node's own (20, 22, 24) never ends where a folder is there and
 * refuses a new one as if it were not, as `/proc` does; here that is an error. For every folder that a user names.
 *
 * @param {string} path
 * @param {number} [mode] of those that are made
 * @returns {string | undefined} the highest that was made; `undefined` when it was there
 */
function makeFolders(path, mode) {
  const missing = [];
  let at = resolve(path);
  for (; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  if (missing.length === 0 && !isFolder(at)) missing.push(at);
  let first;
  for (const folder of missing) {
    try {
      mkdirSync(folder, mode);
      first ??= folder;
    } catch (error) {
      // Another process has made it meanwhile.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST" || !isFolder(folder)) throw error;
    }
  }
  return first;
}

/** @param {string} path */
const isFolder = (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

module.exports = { makeFolders };

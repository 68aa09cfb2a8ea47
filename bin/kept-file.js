// Files that save time and nothing else: what cannot be read, was made of something else or is not whole, is as good as
// missing; what cannot be written is made again by the next run.
const { createHash } = require("node:crypto");
const { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const { makeFolders } = require("./make-folders");

/**
 * Finds damage, which V8 does not survive: it trusts compiled code. SHA-1 is the fastest that Node has; whoever can write
 * these files on purpose can write natsform itself.
 *
 * @param {string} key
 * @param {Buffer} content
 */
const sealOf = (key, content) => createHash("sha1").update(`${key.length} ${key}`).update(content).digest();
const sealLength = 20;

/**
 * @param {string} path
 * @param {string} key everything that the content was made of
 * @returns {Buffer | undefined}
 */
function readKept(path, key) {
  try {
    const file = readFileSync(path);
    const content = file.subarray(sealLength);
    return file.subarray(0, sealLength).equals(sealOf(key, content)) ? content : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces the file as a whole, and removes the oldest of its folder where there are more than `most`: every checkout and
 * every version leaves some behind.
 *
 * @param {string} path
 * @param {string} key
 * @param {Buffer} content
 * @param {number} most files that the folder may hold
 */
function writeKept(path, key, content, most) {
  const temporary = `${path}.${process.pid}`;
  try {
    makeFolders(dirname(path), 0o700);
    writeFileSync(temporary, Buffer.concat([sealOf(key, content), content]), { mode: 0o600 });
    renameSync(temporary, path);
    prune(dirname(path), most);
  } catch {
    remove(temporary);
  }
}

/**
 * @param {string} folder
 * @param {number} most
 */
function prune(folder, most) {
  const names = readdirSync(folder);
  if (names.length <= most) return;
  const files = names.map((name) => {
    const path = join(folder, name);
    // One that somebody else has removed meanwhile is as good as the oldest.
    return { path, time: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  files.sort((a, b) => b.time - a.time);
  // Some more than needed, so that not every write has to look again.
  for (const { path } of files.slice(Math.ceil(most * 0.8))) remove(path);
}

/** @param {string} path */
function remove(path) {
  try {
    rmSync(path, { force: true });
  } catch {
    // Its folder is none.
  }
}

module.exports = { readKept, writeKept };

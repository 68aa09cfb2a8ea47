// Files that save time and nothing else: what cannot be read, was made of something else or is not whole, is as good as
// missing; what cannot be written is made again by the next run.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { dirname } = require("node:path");

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
 * Replaces the file as a whole.
 *
 * @param {string} path
 * @param {string} key
 * @param {Buffer} content
 */
function writeKept(path, key, content) {
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, Buffer.concat([sealOf(key, content), content]), { mode: 0o600 });
    renameSync(temporary, path);
  } catch {
    remove(temporary);
  }
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

const { homedir } = require("node:os");
const { join } = require("node:path");

/**
 * Folder of what natsform makes once for all projects of a user: tools, and compiled code.
 *
 * @returns {string}
 */
function cacheFolder() {
  const { NATSFORM_CACHE, XDG_CACHE_HOME } = process.env;
  return NATSFORM_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "natsform");
}

module.exports = { cacheFolder };

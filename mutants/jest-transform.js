const { join } = require("node:path");
const { createTransformer } = require("@swc/jest");
const { weaken } = require("./weaken.js");

// What is compiled is what the cache is keyed by: a weakened file never meets its original there.
module.exports = {
  createTransformer(options) {
    const swc = createTransformer(options);
    const planted = process.env.NATSFORM_MUTANT && JSON.parse(process.env.NATSFORM_MUTANT);
    if (!planted) return swc;
    const path = join(__dirname, "..", planted.file);
    const source = (text, file) => (file === path ? weaken(text, planted) : text);
    return {
      ...swc,
      process: (text, file, more) => swc.process(source(text, file), file, more),
      getCacheKey: (text, file, ...more) => swc.getCacheKey(source(text, file), file, ...more),
    };
  },
};

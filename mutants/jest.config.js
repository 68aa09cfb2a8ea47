const config = require("../jest.config.js");

// The tests as they are, on sources of which one is weakened while it is compiled: no file changes, so nothing has to be
// put back, several weakenings are tried at once, and everything else comes from the cache.
module.exports = {
  ...config,
  rootDir: "..",
  transform: Object.fromEntries(
    Object.entries(config.transform).map(([pattern, [, options]]) => [
      pattern,
      ["<rootDir>/mutants/jest-transform.js", options],
    ]),
  ),
  testSequencer: "<rootDir>/mutants/jest-sequencer.js",
  reporters: ["<rootDir>/mutants/jest-reporter.js"],
  // Fast tests take seconds: one that waits for ever with a weakening has noticed it.
  testTimeout: 60_000,
};

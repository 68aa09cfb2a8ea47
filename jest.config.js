/** Types are checked once by `tsc`; here TypeScript is only transpiled. */
module.exports = {
  // What a file of tests leaves running ends with it.
  testEnvironment: "<rootDir>/__tests__/support/run/environment.ts",
  // Installed packages are loaded once for all files.
  runtime: "<rootDir>/__tests__/support/run/runtime.js",
  moduleNameMapper: { "^natsform/config$": "<rootDir>/model/config" },
  roots: ["<rootDir>/__tests__"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.[tj]s$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  // Tests wait for conditions, each with a deadline of its own: this one is for what hangs.
  testTimeout: 600_000,
  // More than a small machine has cores: most of what takes long waits for servers.
  maxWorkers: 4,
  // Ctrl-C, a failure or a time-out leaves nothing running.
  globalSetup: "<rootDir>/__tests__/support/run/global-setup.ts",
  globalTeardown: "<rootDir>/__tests__/support/run/global-teardown.ts",
  testSequencer: "<rootDir>/jest.sequencer.js",
};

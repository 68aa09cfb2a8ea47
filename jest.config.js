/** Types are checked once by `tsc`; here TypeScript is only transpiled. */
module.exports = {
  // What a file of tests leaves running ends with it.
  testEnvironment: "<rootDir>/__tests__/support/run/environment.ts",
  moduleNameMapper: { "^natsform/config$": "<rootDir>/model/config" },
  roots: ["<rootDir>/__tests__"],
  testMatch: ["**/*.test.ts"],
  transform: { "^.+\\.(t|j|mj)s$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  // Published as ES modules only, which jest cannot load on Node 20.
  transformIgnorePatterns: [
    "/node_modules/(?!(jose|age-encryption|@noble|@scure|string-width|get-east-asian-width|strip-ansi|ansi-regex)/)",
  ],
  // Tests wait for conditions, each with a deadline of its own: this one is for what hangs.
  testTimeout: 600_000,
  // More than a small machine has cores: most of what takes long waits for servers.
  maxWorkers: 4,
  // A global costs a look into the file's sandbox each time, which makes hot code (signatures, schemas) ten times slower.
  sandboxInjectedGlobals: ["Array", "Float64Array", "JSON", "Math", "Object"],
  // Ctrl-C, a failure or a time-out leaves nothing running.
  globalSetup: "<rootDir>/__tests__/support/run/global-setup.ts",
  globalTeardown: "<rootDir>/__tests__/support/run/global-teardown.ts",
  testSequencer: "<rootDir>/jest.sequencer.js",
};

const { appendFileSync } = require("node:fs");

/** One line of JSON for each file that failed, at once: with `--bail` jest ends without a report of its own. */
module.exports = class {
  onTestResult(_test, { testFilePath, testResults, numFailingTests, testExecError }) {
    if (numFailingTests === 0 && !testExecError) return;
    const failed = testResults.find(({ status }) => status === "failed");
    const line = JSON.stringify({ file: testFilePath, test: failed?.fullName ?? "the file itself" });
    appendFileSync(process.env.NATSFORM_MUTANT_REPORT, `${line}\n`);
  }
};

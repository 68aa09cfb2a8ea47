// Sums what jest wrote: the first run, and the second one of the files that failed in it.
const [command, ...files] = process.argv.slice(2);
const runs = files.map((file) => require(require("node:path").resolve(file)).testResults);
const shown = (path) => require("node:path").relative(process.cwd(), path);
/** More tests that passed at the second run only are no bad luck any more. */
const mostUnstable = 2;
/** Of what a test said of its failure, as much as names it: a log is often cut in the middle. */
const beginning = (text) =>
  require("node:util")
    .stripVTControlCharacters(text)
    .split("\n")
    .slice(0, 12)
    .map((line) => `      ${line.slice(0, 200)}`)
    .join("\n");
const failed = (result) => result.status === "failed";

if (command === "failed") {
  for (const { name } of runs[0].filter(failed)) console.log(shown(name));
} else {
  const last = new Map(runs.flat().map((result) => [result.name, result]));
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const result of last.values()) {
    // A file that does not even load has failed, though it names no test.
    if (failed(result) && result.assertionResults.length === 0) {
      count.failed++;
      console.log(`failed: ${shown(result.name)}\n${beginning(result.message)}`);
    }
    for (const { status, fullName, failureMessages } of result.assertionResults) {
      count[status === "passed" || status === "failed" ? status : "skipped"]++;
      if (status === "failed")
        console.log(`failed: ${shown(result.name)}\n    ${fullName}\n${beginning(failureMessages.join("\n"))}`);
    }
  }
  let unstable = 0;
  const mended = runs[0].filter((result) => failed(result) && !failed(last.get(result.name)));
  for (const { name, assertionResults } of mended) {
    unstable += Math.max(1, assertionResults.filter(failed).length);
    const tests = assertionResults
      .filter(failed)
      .map(({ fullName, failureMessages }) => `\n    ${fullName}\n${beginning(failureMessages.join("\n"))}`);
    console.log(`passed at the second run only: ${shown(name)}${tests.join("")}`);
  }
  if (unstable > mostUnstable) {
    console.log(`${unstable} tests are unstable: ${mostUnstable} may be`);
    process.exitCode = 1;
  }
  if (count.failed > 0) process.exitCode = 1;
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
}

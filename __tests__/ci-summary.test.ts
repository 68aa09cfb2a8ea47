import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "natsform-summary-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Status = "passed" | "failed" | "pending";
let written = 0;

/** What jest writes about files, each with its tests. */
function run(files: Record<string, Record<string, Status>>): string {
  const testResults = Object.entries(files).map(([name, tests]) => ({
    name: join(folder, name),
    status: Object.values(tests).includes("failed") ? "failed" : "passed",
    assertionResults: Object.entries(tests).map(([fullName, status]) => ({
      fullName,
      status,
      failureMessages: status === "failed" ? [`Error: ${fullName} is not so\n    at a line`] : [],
    })),
  }));
  const path = join(folder, `${written++}.json`);
  writeFileSync(path, JSON.stringify({ testResults }));
  return path;
}

function summary(command: "sum" | "failed", ...runs: string[]) {
  const program = resolve(__dirname, "../.ci/summary.js");
  const { status, stdout } = spawnSync(process.execPath, [program, command, ...runs], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, lines: stdout.trim().split("\n") };
}

test("what passed is counted, and what was skipped", () => {
  const { status, lines } = summary("sum", run({ a: { x: "passed", y: "pending" }, b: { z: "passed" } }));
  expect({ status, lines }).toEqual({ status: 0, lines: ["2 passed, 0 failed, 1 skipped"] });
});

test("files that failed are run again, and what passes then is named", () => {
  const first = run({ a: { x: "failed", y: "passed" }, b: { z: "passed" } });
  expect(summary("failed", first).lines).toEqual(["a"]);
  const { status, lines } = summary("sum", first, run({ a: { x: "passed", y: "passed" } }));
  expect(status).toBe(0);
  expect(lines).toEqual([
    "passed at the second run only: a",
    "    x",
    "      Error: x is not so",
    "          at a line",
    "3 passed, 0 failed, 0 skipped",
  ]);
});

test("what fails twice fails the run, also a file that does not load", () => {
  const first = run({ a: { x: "failed" } });
  expect(summary("sum", first, first)).toEqual({
    status: 1,
    lines: ["failed: a", "    x", "      Error: x is not so", "          at a line", "0 passed, 1 failed, 0 skipped"],
  });
  const unloaded = run({ b: {} });
  writeFileSync(
    unloaded,
    JSON.stringify({
      testResults: [{ name: join(folder, "b"), status: "failed", assertionResults: [], message: "Cannot find it" }],
    }),
  );
  expect(summary("sum", unloaded, unloaded)).toEqual({
    status: 1,
    lines: ["failed: b", "      Cannot find it", "0 passed, 1 failed, 0 skipped"],
  });
});

test("more than two unstable tests fail the run", () => {
  const again = run({ a: { x: "passed", y: "passed", z: "passed" } });
  expect(summary("sum", run({ a: { x: "failed", y: "failed", z: "passed" } }), again).status).toBe(0);
  const { status, lines } = summary("sum", run({ a: { x: "failed", y: "failed", z: "failed" } }), again);
  expect(status).toBe(1);
  expect(lines.slice(-2)).toEqual(["3 tests are unstable: 2 may be", "3 passed, 0 failed, 0 skipped"]);
});

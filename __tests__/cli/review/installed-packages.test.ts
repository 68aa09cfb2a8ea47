import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertBasePackages } from "../../../cli/review/installed-packages";

const top = mkdtempSync(join(tmpdir(), "natsform-packages-"));
afterAll(() => rmSync(top, { recursive: true, force: true }));

type Packages = Record<string, { version: string; integrity?: string }>;
const lock = (packages: Packages) => JSON.stringify({ lockfileVersion: 3, packages });
const one = { "node_modules/one": { version: "1.0.0", integrity: "sha512-a" } };

/** What is said of a change of a lock file, with these packages installed and those of before. */
function said(installed: string, before: string | undefined, files = ["package-lock.json"]): string {
  mkdirSync(join(top, "node_modules"), { recursive: true });
  writeFileSync(join(top, "node_modules/.package-lock.json"), installed);
  try {
    assertBasePackages(top, [top], { files, read: () => before });
    return "runs";
  } catch (error) {
    return (error as Error).message;
  }
}

test("packages that the base has as well run", () => {
  expect(said(lock(one), lock(one))).toBe("runs");
});

test.each<[string, Packages, string]>([
  ["another version", { "node_modules/one": { version: "1.0.1", integrity: "sha512-a" } }, "one 1.0.1 (before: 1.0.0)"],
  [
    "another content",
    { "node_modules/one": { version: "1.0.0", integrity: "sha512-b" } },
    "one 1.0.0 (before: of another content)",
  ],
  ["one that is new", { ...one, "node_modules/two": { version: "2.0.0" } }, "two 2.0.0 (before: none)"],
])("%s does not, and is named", (_, installed, expected) => {
  expect(said(lock(installed), lock(one))).toContain(`they are installed: ${expected}`);
});

test.each<[string, string, string | undefined]>([
  ["what is installed is not known", "", lock(one)],
  ["the base has no lock file", lock(one), undefined],
  ["its lock file is none", lock(one), "{"],
])("%s: nothing runs that cannot be compared", (_, installed, before) => {
  expect(said(installed, before)).toContain("cannot be compared with it");
});

test("where no lock file changed, what is installed is not the change's choice", () => {
  expect(said("", undefined, ["environments/demo.ts"])).toBe("runs");
});

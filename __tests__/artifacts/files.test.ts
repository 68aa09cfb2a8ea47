import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";

const root = mkdtempSync(join(tmpdir(), "natsform-files-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("a secret and its folder are for their owner alone", () => {
  const path = join(root, "keys", "seed");
  writeFileAtomically(path, "seed", privateFile);
  expect([modeOf(path), modeOf(join(root, "keys"))]).toEqual(["600", "700"]);
});

test("what is no secret has the mode that it is given, whatever the umask is", () => {
  const before = process.umask(0o077);
  try {
    const path = join(root, "open", "text");
    writeFileAtomically(path, "text");
    expect(modeOf(path)).toBe("644");
  } finally {
    process.umask(before);
  }
});

test("a file is replaced as a whole: who has it open reads the old content to its end", () => {
  const path = join(root, "whole");
  writeFileAtomically(path, "old");
  const { ino } = statSync(path);
  expect(writeFileAtomically(path, "new")).toBe(true);
  expect(statSync(path).ino).not.toBe(ino);
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readdirSync(root).filter((name) => name.includes("tmp"))).toEqual([]);
});

test("an unchanged file is left alone, and one that is not there is no error", () => {
  const path = join(root, "same");
  expect([writeFileAtomically(path, "same"), writeFileAtomically(path, "same")]).toEqual([true, false]);
  expect([readIfThere(path), readIfThere(join(root, "none")), readIfThere(join(path, "below"))]).toEqual([
    "same",
    undefined,
    undefined,
  ]);
});

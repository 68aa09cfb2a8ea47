import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateFile, writeFileAtomically } from "../../../artifacts/files";
import { makeFoldersDurably, renameDurably, syncFolder, writeDurably } from "../../../runtime/common/durable-files";
import { done } from "../../support/recorded-files";

jest.mock("node:fs", () =>
  jest.requireActual<typeof import("../../support/recorded-files")>("../../support/recorded-files").recordedFiles(),
);

const root = mkdtempSync(join(tmpdir(), "natsform-durable-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => done.splice(0));
const nameOf = (path: string) => path.split("/").at(-1);

test("a new file is on the disk, with its mode, when the write returns", () => {
  const before = process.umask(0o177);
  try {
    writeDurably(join(root, "new"), "text", 0o640);
  } finally {
    process.umask(before);
  }
  expect(done).toEqual(["sync new"]);
  expect(statSync(join(root, "new")).mode & 0o777).toBe(0o640);
  expect(() => writeDurably(join(root, "new"), "other", 0o640)).toThrow("EEXIST");
  expect(readFileSync(join(root, "new"), "utf8")).toBe("text");
});

test("a name is on the disk when the renaming returns", () => {
  writeDurably(join(root, "from"), "text", 0o600);
  done.splice(0);
  renameDurably(join(root, "from"), join(root, "to"));
  expect(done).toEqual(["rename to to", `sync ${nameOf(root)}`]);
});

test("each new folder is in its parent on the disk; those that were there are left alone", () => {
  mkdirSync(join(root, "there"));
  makeFoldersDurably(join(root, "there", "a", "b"), 0o700);
  expect(done).toEqual(["sync a", "sync there"]);
  done.splice(0);
  makeFoldersDurably(join(root, "there", "a", "b"), 0o700);
  expect(done).toEqual([]);
  expect(statSync(join(root, "there", "a")).mode & 0o777).toBe(0o700);
});

test("a folder that is not there cannot be synced", () => {
  expect(() => syncFolder(join(root, "none"))).toThrow("ENOENT");
});

test("what the command line writes is on the disk before it takes its name, and its name before the write returns", () => {
  writeFileAtomically(join(root, "keys", "seed.key"), "seed\n", privateFile);
  const temporary = `seed.key.${process.pid}.tmp`;
  expect(done).toEqual([
    `sync ${nameOf(root)}`,
    `remove ${temporary}`,
    `sync ${temporary}`,
    "rename to seed.key",
    "sync keys",
  ]);
  done.splice(0);
  writeFileAtomically(join(root, "keys", "seed.key"), "seed\n", privateFile);
  expect(done).toEqual(["sync keys"]);
});

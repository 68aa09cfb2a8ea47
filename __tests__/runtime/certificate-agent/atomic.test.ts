import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder, replaceFile, replaceLink } from "../../../runtime/certificate-agent/atomic";

/** What was done, in order, each with the name that it was done to. */
const mockDone: string[] = [];
jest.mock("node:fs", () => {
  const fs = jest.requireActual<typeof import("node:fs")>("node:fs");
  const named = (path: unknown) => String(path).split("/").at(-1);
  return {
    ...fs,
    fsyncSync: (file: number) => {
      mockDone.push("sync");
      fs.fsyncSync(file);
    },
    renameSync: (from: string, to: string) => {
      mockDone.push(`rename to ${named(to)}`);
      fs.renameSync(from, to);
    },
    rmSync: (path: string, options: object) => {
      mockDone.push(`remove ${named(path)}`);
      fs.rmSync(path, options);
    },
  };
});

const root = mkdtempSync(join(tmpdir(), "natsform-atomic-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => mockDone.splice(0));

test("a file is on the disk before it takes its name, and has its mode", () => {
  replaceFile(join(root, "key"), "secret", 0o600);
  expect(mockDone).toEqual(["remove .key.tmp", "sync", "rename to key"]);
  expect(statSync(join(root, "key")).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(root, "key"), "utf8")).toBe("secret");
});

test("a folder takes its name when all of its files are on the disk", () => {
  makeFolder(join(root, "pair"), { a: { content: "a", mode: 0o600 }, b: { content: "b", mode: 0o644 } });
  expect(mockDone).toEqual(["remove .pair.tmp", "sync", "sync", "rename to pair"]);
});

test("a link points to the old target until it points to the new one", () => {
  replaceLink(join(root, "current"), "first");
  mockDone.splice(0);
  replaceLink(join(root, "current"), "second");
  expect(mockDone).toEqual(["remove .current.tmp", "rename to current"]);
  expect(readlinkSync(join(root, "current"))).toBe("second");
});

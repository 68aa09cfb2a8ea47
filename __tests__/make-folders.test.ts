import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeFolders } from "../bin/make-folders";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "natsform-folders-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

test("all that are missing are made, with their mode, and the highest of them is told", () => {
  expect(makeFolders(at("a", "b", "c"), 0o700)).toBe(at("a"));
  expect(["a", "a/b", "a/b/c"].map((name) => statSync(at(name)).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
  expect(makeFolders(at("a", "b", "d"))).toBe(at("a", "b", "d"));
  expect(makeFolders(at("a", "b", "c"))).toBeUndefined();
});

test("by a link to a folder, as the folder itself", () => {
  mkdirSync(at("real"));
  symlinkSync(at("real"), at("link"));
  expect(makeFolders(at("link"))).toBeUndefined();
  makeFolders(at("link", "below"));
  expect(existsSync(at("real", "below"))).toBe(true);
});

test("what stands in the way is an error with its path: a file, and a link that leads nowhere", () => {
  writeFileSync(at("file"), "");
  symlinkSync(at("nowhere"), at("link"));
  expect(() => makeFolders(at("file"))).toThrow(`EEXIST: file already exists, mkdir '${at("file")}'`);
  expect(() => makeFolders(at("file", "below"))).toThrow(`ENOTDIR: not a directory, mkdir '${at("file", "below")}'`);
  expect(() => makeFolders(at("link", "below"))).toThrow(at("link"));
});

(existsSync("/proc/self") ? test : test.skip)("a folder that is there and takes none is an error, and no wait", () => {
  const program = `try { require(${JSON.stringify(resolve("bin/make-folders.js"))}).makeFolders("/proc/a/b") } catch (e) { console.log(e.message) }`;
  const { stdout, signal } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", timeout: 30_000 });
  expect({ stdout, signal }).toEqual({
    stdout: "ENOENT: no such file or directory, mkdir '/proc/a'\n",
    signal: null,
  });
});

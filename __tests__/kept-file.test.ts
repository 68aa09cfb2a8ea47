import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readKept, writeKept } from "../bin/kept-file";

const folder = mkdtempSync(join(tmpdir(), "natsform-kept-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

test("what is kept is read again with its key, and not when it was made of something else or is damaged", () => {
  writeKept(at("one"), "key", Buffer.from("content"), 8);
  expect(readKept(at("one"), "key")?.toString()).toBe("content");
  expect(readKept(at("one"), "another")).toBeUndefined();
  writeFileSync(at("one"), "no seal");
  expect(readKept(at("one"), "key")).toBeUndefined();
  expect(readKept(at("none"), "key")).toBeUndefined();
});

test("a folder holds no more than it may: the oldest go, whoever left them", () => {
  for (let i = 0; i < 40; i++) {
    writeKept(at(`file-${i}`), "key", Buffer.from(`${i}`), 8);
    // Times of one moment would not say which is older.
    utimesSync(at(`file-${i}`), 1000 + i, 1000 + i);
    expect(readdirSync(folder).length).toBeLessThanOrEqual(8);
  }
  expect(readKept(at("file-39"), "key")?.toString()).toBe("39");
  expect(readKept(at("file-0"), "key")).toBeUndefined();
});

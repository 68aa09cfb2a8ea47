import { createHash } from "node:crypto";
import { mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageFolder, imageTag } from "../../../artifacts/code-image";
import { codeHash } from "../../../artifacts/code-zip";
import { temporaryFolder } from "../../support/stacks";

const root = temporaryFolder();
const folder = imageFolder(root, "example");
mkdirSync(folder, { recursive: true });
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

test("a tag follows from names and contents of the files, and from nothing else", () => {
  write("main.cjs", "one");
  write("Dockerfile", "FROM base");
  const tag = imageTag(folder);
  expect(tag).toMatch(/^[0-9a-f]{32}$/);
  utimesSync(join(folder, "main.cjs"), 1, 1);
  expect(imageTag(folder)).toBe(tag);
  write("main.cjs", "two");
  expect(imageTag(folder)).not.toBe(tag);
  write("main.cjs", "one");
  renameSync(join(folder, "main.cjs"), join(folder, "other.cjs"));
  expect(imageTag(folder)).not.toBe(tag);
});

test("bytes that move from one file to the next make another tag", () => {
  write("a", "xy");
  write("b", "z");
  const tag = imageTag(folder);
  write("a", "x");
  write("b", "yz");
  expect(imageTag(folder)).not.toBe(tag);
});

test("the digest of a zip is the one that Lambda compares", () => {
  const path = join(root, "code.zip");
  writeFileSync(path, "zip");
  expect(codeHash(path)).toBe(createHash("sha256").update("zip").digest("base64"));
});

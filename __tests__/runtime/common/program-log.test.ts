import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundleText } from "../../../artifacts/bundle-text";
import { readImports } from "../../support/import-graph";
import { temporaryFolder } from "../../support/stacks";

const root = resolve(__dirname, "../../..");

const file = join(temporaryFolder(), "log.cjs");

test("a program that ends at once has said everything, in its order", () => {
  writeFileSync(file, bundleText("runtime/common/program-log.ts", root).text);
  // The threads that would write beside the program have something else to do.
  const busy = 'for (let i = 0; i < 8; i++) require("crypto").pbkdf2("a", "b", 3e5, 64, "sha512", () => {});';
  const lines = 'for (let i = 0; i < 50; i++) log.info({ i }, "line"); process.exit(0);';
  const script = `${busy} const log = require(${JSON.stringify(file)}).programLog({}); ${lines}`;
  const seen = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }).trim().split("\n");
  const order = seen.map((line) => (JSON.parse(line) as { i: number }).i);
  expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test("no program that runs to an end makes a log of another kind", () => {
  const { files } = readImports(root, /^(?!runtime\/)/);
  const own = files.filter(
    (file) => /^runtime\/[\w-]+\/main\.ts$/.test(file) && /\bpino\(/.test(readFileSync(join(root, file), "utf8")),
  );
  expect(own).toEqual([]);
});

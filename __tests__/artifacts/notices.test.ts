import { readFileSync } from "node:fs";
import { join } from "node:path";
import { noticesFile, noticesText, packageFolders, readPackage } from "../../artifacts/build/notices";
import { builtFile, packageRoot } from "../../bin/built";
import packageJson from "../../package.json";

test("files belong to the innermost package", () => {
  const files = [
    "runtime/client/index.ts",
    "node_modules/nats/lib/a.js",
    "node_modules/nats/lib/b.js",
    "node_modules/@aws-sdk/core/dist/index.js",
    "node_modules/@aws-sdk/core/node_modules/tslib/tslib.js",
  ];
  expect(packageFolders(files)).toEqual([
    "node_modules/@aws-sdk/core",
    "node_modules/@aws-sdk/core/node_modules/tslib",
    "node_modules/nats",
  ]);
});

test("a text stands once, below all that it is of", () => {
  const one = (name: string, text: string) => ({ name, license: "MIT", text });
  const text = noticesText([one("a 1", "grant"), one("b 2", "other"), one("c 3", "grant")]);
  expect(text).toMatch(/a 1 \(MIT\)\nc 3 \(MIT\)\n\ngrant\n\n-+\n\nb 2 \(MIT\)\n\nother\n$/);
});

/** Licences under which code may be handed on with its notices; MPL-2.0 asks for where its source is, too. */
const permissive =
  /^(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|Unlicense|Public Domain|MPL-2\.0|BlueOak-1\.0\.0|\(MIT OR .*\)|\(BSD-3-Clause OR GPL-2\.0\))$/;

test("what is built says whose code is in it, and may be handed on", () => {
  const { packages } = JSON.parse(readFileSync(join(builtFile("natsform.cjs"), "..", "build.json"), "utf8"));
  const folders = [...new Set(Object.values<string[]>(packages).flat())];
  expect(folders.length).toBeGreaterThan(30);
  const notices = readFileSync(join(packageRoot, "build", noticesFile), "utf8");
  for (const folder of folders) {
    const { name, license, text } = readPackage(join(packageRoot, folder));
    expect(`${name}: ${license}`).toMatch(new RegExp(`: ${permissive.source.slice(1)}`));
    expect(notices).toContain(`${name} (${license})`);
    expect(notices).toContain(text);
  }
  expect(packageJson.files).toEqual(expect.arrayContaining(["NOTICE", "build"]));
});

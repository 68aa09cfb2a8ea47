import { resolve } from "node:path";
import { earlyUses } from "./support/early-uses";
import { readImports } from "./support/import-graph";

const root = resolve(__dirname, "..");

test("no function uses what the function around it makes only later", () => {
  const { files } = readImports(root, /^(__tests__|docs|bench)\//);
  expect(files.length).toBeGreaterThan(500);
  const uses = earlyUses(files.map((file) => resolve(root, file)));
  expect(uses.map((use) => use.slice(root.length + 1))).toEqual([]);
});

test.each([
  ["a constant", "function start() { const ask = () => later.ask();\n const later = make(ask); }", ["a.ts:1 later"]],
  ["a part of one", "function start() { call(() => later);\n const { later } = make(); }", ["a.ts:1 later"]],
  ["in short notation", "function start() { call(() => ({ later }));\n const later = 1; }", ["a.ts:1 later"]],
  ["a variable", "function start() { call(() => later);\n let later: object | undefined; }", ["a.ts:1 later"]],
  ["a class", "function start() { call(() => new Later());\n class Later {} }", ["a.ts:1 Later"]],
  ["what was made before", "function start() { const before = make(); call(() => before); }", []],
  ["itself", "function start() { const walk = (node) => node.children.forEach(walk); walk(top); }", []],
  ["a function", "function start() { call(() => later()); function later() {} }", []],
  ["what the module makes", "const start = () => later;\nconst later = 1;", []],
  ["a property of that name", "function start() { call(() => x.later);\n const later = 1; }", []],
])("a function that uses %s is told apart", (_, text, expected) => {
  expect(earlyUses(["a.ts"], () => text)).toEqual(expected);
});

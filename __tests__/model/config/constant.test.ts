import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { isConstant } from "../../../model/config/evaluation/constant";
import { repository } from "../../support/stacks";

const asModule = (text: string) => transformSync(text, { loader: "ts", format: "esm" }).code;
const shipped = readdirSync(join(repository, "environments")).filter((name) => name.endsWith(".ts"));

test.each(shipped)("%s is nothing but data, unless it has functions of its own", (name) => {
  const text = readFileSync(join(repository, "environments", name), "utf8");
  expect(isConstant(asModule(text))).toBe(!text.includes("=>"));
});

test.each([
  'export default { name: "a" };',
  'import { defineEnvironment as d } from "natsform/config"; export default d({ name: "a" });',
  "const size = 3; const base = { size } as const; export default { ...base, sizes: [size, -1, size * 2], name: `a` + size };",
  'const o = { a: { b: 1 } }; export default { x: o.a.b, y: o["a"], w: undefined, v: o ? 1 : 2 };',
  'export const other = 1; export default { name: "process.exit(1)" };',
])("constant: %s", (text) => {
  expect(isConstant(asModule(text))).toBe(true);
});

test.each([
  "export default { name: process.env.NAME };",
  "export default { at: Date.now() };",
  "export default { at: new Date() };",
  "export default { get name() { return 1; } };",
  "export default { name() {} };",
  "export default () => ({});",
  "function f() {} export default f();",
  "const f = defineEnvironment; export default f({});",
  'import { Environment } from "natsform/config"; export default Environment;',
  'import { defineEnvironment as d } from "natsform/config"; export default { d };',
  'import { defineEnvironment as d } from "natsform/config"; export default { a: d.constructor("return 1")() };',
  'import { x } from "./x"; export default x;',
  'import "./x"; export default {};',
  "let a = 1; a = 2; export default { a };",
  "const a = []; a[0] = 1; export default a;",
  "for (;;) {} export default {};",
  "const t = (a) => a; export default { a: t`b` };",
  "export default { a: /x/ };",
  "export default { a: import.meta.url };",
  "export default await 1;",
  "export default { a: globalThis };",
  "export default class {};",
  "if (1) {} export default {};",
  "const { a } = { a: 1 }; export default { a };",
  "this is no program",
])("not constant: %s", (text) => {
  let code = text;
  try {
    code = asModule(text);
  } catch {
    // What does not compile is no program either way.
  }
  expect(isConstant(code)).toBe(false);
});

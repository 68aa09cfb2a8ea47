import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { transformSync } from "@swc/core";
import { planted as list } from "../mutants/list";
import { nameOf } from "../mutants/planted";
import { isFast } from "../mutants/related";
import { weaken } from "../mutants/weaken";

const root = resolve(__dirname, "..");

test("every weakening finds its place, changes something and is still TypeScript", () => {
  const wrong = list.flatMap((planted) => {
    try {
      const path = join(root, planted.file);
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      const weak = weaken(text, planted);
      if (weak === text) return [`${nameOf(planted)}: changes nothing`];
      transformSync(weak, { jsc: { target: "es2022", parser: { syntax: "typescript" } } });
      return [];
    } catch (error) {
      return [`${nameOf(planted)}: ${(error as Error).message}`];
    }
  });
  expect(wrong).toEqual([]);
});

test("a name stands for one weakening", () => {
  const names = list.map(nameOf);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test("a place that is not there, or not the only one, is an error", () => {
  const planted = { file: "a.ts", find: "secure", replace: "" };
  expect(weaken("very secure $&", planted)).toBe("very  $&");
  expect(() => weaken("insecure, secure", planted)).toThrow(/stands there 2 times/);
  expect(() => weaken("", planted)).toThrow(/stands there 0 times/);
});

test("tests that start servers or Terraform are not among the fast ones", () => {
  expect(["__tests__/truth/streams.test.ts", "__tests__/acceptance/kubernetes.test.ts"].filter(isFast)).toEqual([]);
  expect(isFast("__tests__/mutants.test.ts")).toBe(true);
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readImports } from "./support/import-graph";
import { documentedImports, ownPackage, reusePage } from "./support/packed";
import { repository } from "./support/stacks";

const read = (...path: string[]) => readFileSync(join(repository, ...path), "utf8");
const targets = Object.entries(ownPackage.exports).filter(([name]) => name !== "./package.json");

test("the page lists what the package exports", () => {
  const exported = targets.map(([name]) => name.replace(".", "natsform"));
  expect(Object.keys(documentedImports()).sort()).toEqual(exported.sort());
});

test("the page installs what natsform is made with", () => {
  const { version, dependencies } = ownPackage;
  const installed = /^npm install (.*)$/m.exec(reusePage)?.[1]?.split(" ");
  const providers = ["aws", "helm", "kubernetes"].map((name) => `@cdktf/provider-${name}`);
  expect(installed).toEqual([`./natsform-${version}.tgz`, ...providers.map((name) => `${name}@${dependencies[name]}`)]);
});

test("what is exported is what is compiled", () => {
  const sources = targets.map(([, target]) => target.replace(/^\.\/dist\/(.*)\.js$/, "$1.ts"));
  expect(sources.filter((source) => !existsSync(join(repository, source)))).toEqual([]);
  const compiled = [...read("tsconfig.build.json").matchAll(/"([^"]+\.ts)"/g)].map(([, source]) => source);
  expect(compiled.sort()).toEqual(sources.sort());
});

// A compiler copies JSON that is imported beside what it makes, and the nearest package.json is where a package begins.
test("nothing that is exported imports package.json", () => {
  const { imports } = readImports(repository, /^(__tests__|docs|bench|mutants|tools)\//);
  const reached = new Set(targets.map(([, target]) => target.replace(/^\.\/dist\/(.*)\.js$/, "$1.ts")));
  for (const file of reached) for (const { from, to, inside } of imports) if (inside && from === file) reached.add(to);
  expect([...reached].filter((file) => file.endsWith(".json"))).toEqual([]);
  expect(reached.size).toBeGreaterThan(300);
});

/** Names between braces that a file imports from modules, or exports from them. */
const names = (text: string, from: RegExp) =>
  [...text.matchAll(/\{([^{}]*)\} from "([^"]+)"/g)]
    .filter(([, , module = ""]) => from.test(module))
    .flatMap(([, list = ""]) => list.split(","))
    .map((name) => name.replace("type ", "").trim())
    .filter((name) => name !== "");

test.each(["aws", "kubernetes"])("what natsform's own stacks take from modules/%s is exported", (platform) => {
  const stacks = readdirSync(join(repository, "stacks")).map((file) => read("stacks", file));
  const taken = new Set(stacks.flatMap((text) => names(text, new RegExp(`^\\.\\./modules/${platform}/`))));
  const exported = names(read("modules", platform, "index.ts"), /./);
  expect([...taken].filter((name) => !exported.includes(name))).toEqual([]);
  expect(taken.size).toBeGreaterThan(10);
});

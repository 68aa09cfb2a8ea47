import { environmentFiles } from "../../../model/config/environment-files";

const entry = (name: string) => ({ name: name.replace(/\/$/, ""), isFolder: name.endsWith("/") });
const files = (...names: string[]) => environmentFiles(names.map(entry));

/** What is said of the one file that is not read. */
function said(...names: string[]): string {
  const { strays } = files("production.ts", ...names);
  if (strays.length !== 1) throw new Error(`${strays.length} are not read`);
  return strays.flatMap(({ problems }) => problems.map(({ message, fix }) => `${message}; ${fix}`)).join();
}

test("environments and their trust files are read, and droppings of editors are nobody's", () => {
  const droppings = [
    ".DS_Store",
    ".gitkeep",
    ".production.ts.swp",
    "production.ts~",
    "#production.ts#",
    "Thumbs.db",
    "README.md",
  ];
  expect(
    files("staging.ts", "production.ts", "production.trust.json", "production.keys-export.json", ...droppings),
  ).toEqual({
    environments: ["production", "staging"],
    strays: [],
  });
});

test.each([
  ["Staging.ts", "rename it to staging.ts"],
  ["prod_eu.ts", "rename it to prod-eu.ts"],
  ["prodEU.ts", "rename it to prod-eu.ts"],
  ["prod.eu.ts", "rename it to prod-eu.ts"],
  ["Zürich Süd.ts", "rename it to zurich-sud.ts"],
  ["東京.ts", "rename it, for example to production.ts"],
  ["staging.mts", "rename it to staging.ts"],
  ["staging.cts", "rename it to staging.ts"],
  ["staging.tsx", "rename it to staging.ts"],
  ["staging.js", "rename it to staging.ts"],
  ["staging.TS", "rename it to staging.ts"],
  ["Production.ts", "production.ts is there already: give it a name of its own, or remove it"],
  ["production.js", "production.ts is there already: give it a name of its own, or remove it"],
  ["production.d.ts", "it holds types alone; remove it"],
  ["staging.json", "environments are TypeScript; write it as staging.ts, export default defineEnvironment({ ... })"],
  ["staging.yaml", "write it as staging.ts"],
  ["production.json", "a trust file ends with .trust.json; rename it to production.trust.json"],
  ["production.trust.JSON", "rename it to production.trust.json"],
  ["Production.trust.json", "rename it to production.trust.json"],
  ["producton.trust.json", "there is no producton.ts; rename it to production.trust.json, or remove it"],
  ["gone-for-ever.trust.json", "there is no gone-for-ever.ts; remove it"],
  ["Makefile", "is neither an environment nor a trust file; move it out of environments/"],
])("%s is not read, and told what it should be", (name, fix) => {
  expect(said(name)).toContain(fix);
});

test("a folder is told of when it holds what was meant as an environment; parts that files import are theirs", () => {
  const misplaced = ["production.trust.json", "production.ts"];
  const { environments, strays } = environmentFiles([
    { name: "eu", isFolder: true, misplaced },
    { name: "staging.ts", isFolder: true, misplaced: ["a.ts"] },
    { name: "shared", isFolder: true, misplaced: [] },
  ]);
  expect(environments).toEqual([]);
  expect(strays.map(({ file, problems }) => [file, problems[0]?.message, problems[0]?.fix])).toEqual([
    [
      "eu",
      "holds production.trust.json, production.ts: in a folder of environments/ none is read as an environment",
      "move it up into environments/, or out of it",
    ],
    ["staging.ts", expect.stringContaining("holds a.ts"), expect.anything()],
  ]);
});

test("a trust file is not to be removed when its environment only has to be renamed", () => {
  const { strays } = files("Staging.ts", "staging.trust.json");
  expect(strays.map(({ file, problems }) => [file, problems[0]?.fix])).toEqual([
    ["Staging.ts", "rename it to staging.ts, or move it out of environments/"],
    ["staging.trust.json", "rename Staging.ts to staging.ts"],
  ]);
});

import { readImports } from "../__tests__/support/import-graph";

/**
 * Fast tests: they run in jest's own process and start no server, no Terraform and no other program that takes seconds.
 * Everything that does lies in these two folders.
 */
export const isFast = (file: string): boolean =>
  file.endsWith(".test.ts") && file.startsWith("__tests__/") && !/^__tests__\/(truth|acceptance)\//.test(file);

/** Compares the page of outcomes with the record that a run writes meanwhile. */
const ofThisRun = "__tests__/docs.test.ts";

/** Which files each file, or package, is imported by. */
export type Importers = ReadonlyMap<string, readonly string[]>;

export function readImporters(root: string): Importers {
  const importers = new Map<string, string[]>();
  for (const { from, to, inside } of readImports(root, /^$/).imports) {
    const loaded = !inside && to === "natsform/config" ? "model/config/index.ts" : to;
    importers.set(loaded, [...(importers.get(loaded) ?? []), from]);
  }
  return importers;
}

/** Fast tests that load a file, those first that most likely are about it. Many examples of one fact take long. */
export function testsOf(file: string, importers: Importers): string[] {
  const distance = new Map([[file, 0]]);
  const open = [file];
  for (let next = open.shift(); next !== undefined; next = open.shift())
    for (const importer of importers.get(next) ?? []) {
      if (distance.has(importer)) continue;
      distance.set(importer, (distance.get(next) ?? 0) + 1);
      open.push(importer);
    }
  const words = wordsOf(file);
  const itsOwn = `__tests__/${file.replace(/\.ts$/, ".test.ts")}`;
  const long = new Set(importers.get("fast-check"));
  const rank = (test: string) =>
    (distance.get(test) ?? 0) -
    (test === itsOwn ? 100 : 0) +
    (long.has(test) ? 6 : 0) -
    2 * wordsOf(test).filter((word) => words.includes(word)).length;
  return [...distance.keys()]
    .filter((test) => isFast(test) && test !== ofThisRun)
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

const wordsOf = (file: string) => file.split(/[^a-z0-9]+/i).filter((word) => word !== "ts" && word !== "test");

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nameOf, type Planted } from "./planted";

/** What the last run of each weakening found: the file whose test failed with the test's name, or that it lives. */
export type Outcome = { by: string; test: string } | { lives: true };

const file = join(__dirname, "last-run.json");

export const readRecord = (): Record<string, Outcome> =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Outcome>) : {};

/** Adds outcomes; weakenings that are no longer in the list are forgotten. */
export function writeRecord(all: readonly Planted[], found: ReadonlyMap<string, Outcome>): void {
  const before = readRecord();
  const entries = all.flatMap((planted): [string, Outcome][] => {
    const outcome = found.get(nameOf(planted)) ?? before[nameOf(planted)];
    return outcome ? [[nameOf(planted), outcome]] : [];
  });
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

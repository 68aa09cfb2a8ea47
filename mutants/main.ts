import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { planted as list } from "./list";
import { nameOf, type Planted } from "./planted";
import { type Outcome, readRecord, writeRecord } from "./record";
import { tryAll } from "./round";
import { refusedByCompiler } from "./types";

/**
 * `make mutants`: tries whether the fast tests notice each weakening of the list. One that lives is a line of security
 * or durability that nobody would miss.
 */

const root = resolve(__dirname, "..");
/** Share of the weakenings that must be noticed. */
const wanted = 0.98;

const { values: options } = parseArgs({
  options: {
    /** Text in the file or the words of those that are tried. */
    only: { type: "string", default: "" },
    /** Those alone that lived the last time, or are new. */
    open: { type: "boolean", default: false },
    /** Test files that are tried for each, the nearest first. */
    near: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    json: { type: "boolean", default: false },
  },
});
const say = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

const record = readRecord();

function choose(): Planted[] {
  const isOpen = (planted: Planted) => !("by" in (record[nameOf(planted)] ?? {}));
  const chosen = list.filter((planted) => nameOf(planted).includes(options.only) && (!options.open || isOpen(planted)));
  if (chosen.length === 0) throw new Error("no weakening is chosen");
  return chosen;
}

async function main(): Promise<void> {
  const chosen = choose();
  const refused = refusedByCompiler(root, chosen);
  if (refused.length > 0)
    throw new Error(`the compiler refuses these, so they try no test:\n  ${refused.join("\n  ")}`);
  const found = new Map<string, Outcome>();
  const tried = (planted: Planted, outcome: Outcome) => {
    found.set(nameOf(planted), outcome);
    writeRecord(list, found);
    const by = "by" in outcome ? `  [${outcome.by}]` : "";
    say(`${found.size}/${chosen.length} ${by ? "noticed" : "LIVES  "} ${nameOf(planted)}${by}`);
  };
  const folder = mkdtempSync(join(tmpdir(), "natsform-mutants-"));
  try {
    const near = options.near === undefined ? undefined : Number(options.near);
    const broken = await tryAll(chosen, {
      root,
      folder,
      jobs: Number(options.jobs),
      near,
      record,
      signal: stop.signal,
      tried,
    });
    if (broken.length > 0)
      throw new Error(
        `these fail without any weakening: ${broken.map(({ file, test }) => `${file}: ${test}`).join("; ")}`,
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  report(chosen, found);
}

function report(chosen: readonly Planted[], found: ReadonlyMap<string, Outcome>): void {
  const living = chosen.filter((planted) => "lives" in (found.get(nameOf(planted)) ?? {}));
  const noticed = chosen.length - living.length;
  const outcomes = chosen.map((planted) => ({ ...planted, ...found.get(nameOf(planted)) }));
  if (options.json) process.stdout.write(`${JSON.stringify({ planted: chosen.length, noticed, outcomes }, null, 2)}\n`);
  for (const planted of living) say(`lives: ${nameOf(planted)}${planted.lives ? ` (${planted.lives})` : ""}`);
  for (const planted of chosen.filter(({ lives }) => lives !== undefined))
    if (!living.includes(planted)) say(`noticed now, so its reason to live can go: ${nameOf(planted)}`);
  say(`${noticed} of ${chosen.length} weakenings noticed, ${((100 * noticed) / chosen.length).toFixed(1)} %`);
  if (noticed / chosen.length < wanted || living.some(({ lives }) => lives === undefined)) process.exitCode = 1;
}

main().catch((error: Error) => {
  process.stderr.write(`mutants: ${stop.signal.aborted ? "stopped" : error.message}\n`);
  process.exitCode = 1;
});

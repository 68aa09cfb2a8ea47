import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { ConfigError, formatPath, formatProblems, type Problem, parseEnvironment } from "../../../model/config";
import { valueAt } from "../../../model/config/known-keys";
import { loadEnvironments } from "../../../model/config/load";
import { buildTopology } from "../../../model/topology";
import { mutate, mutated, shipped } from "../../support/config-mutations";
import { longRuns } from "../../support/soak";

/** What must be true of whatever the operator is told. */
function expectUseful(problems: readonly Problem[], input: unknown): void {
  if (problems.length === 0) throw new Error("refused without a reason");
  const text = formatProblems("environments/any.ts", problems);
  expect(text.split("\n").filter((line) => line.startsWith("  ✖ "))).toHaveLength(problems.length);
  for (const { path, message, fix } of problems) {
    const said = `${formatPath(path)}: ${message} ${fix ?? ""}`;
    if (message.trim() === "" || fix === "") throw new Error(`nothing is said at ${formatPath(path)}`);
    if (/Invalid |Too (small|big)|expected |undefined|NaN|\[object|received/.test(`${message} ${fix ?? ""}`))
      throw new Error(`not in the operator's words: ${said}`);
    const symbolic = path.some((part) => String(part).startsWith("Symbol("));
    const parent = path.length === 0 ? {} : valueAt(input, path.slice(0, -1));
    if (!symbolic && (typeof parent !== "object" || parent === null)) throw new Error(`is no place: ${said}`);
  }
}

/** Whether it was accepted. What is accepted can be built, and what is built is plain data. */
function judge(input: unknown, name: string): boolean {
  const { environment, problems } = parseEnvironment(input, name);
  if (!environment) {
    expectUseful(problems, input);
    return false;
  }
  const topology = buildTopology(environment);
  expect(JSON.parse(JSON.stringify(topology))).toEqual(topology);
  expect(JSON.parse(JSON.stringify(environment))).toEqual(environment);
  return true;
}

const runs = { seed: 20261121, ...longRuns("mutated environments", 3000, 60_000) };

test("every mutated environment is accepted and built, or refused with reasons that have a place", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(mutated, ({ environment, mutations }) => {
      const { input, name } = mutate(environment, mutations);
      seen[judge(input, name) ? "accepted" : "refused"]++;
    }),
    runs,
  );
  // The property says little when nothing is accepted, or nothing refused.
  expect(seen.accepted).toBeGreaterThan(runs.numRuns / 20);
  expect(seen.refused).toBeGreaterThan(runs.numRuns / 2);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("what is no environment at all is refused as a whole", () => {
  for (const input of [undefined, null, 0, 5n, "demo", Symbol("s"), [], [{}], () => ({}), new Map(), new Date(0)])
    expectUseful(parseEnvironment(input, "demo").problems, {});
});

test("twenty thousand streams are judged", () => {
  const streams = Array.from({ length: 20_000 }, (_, i) => ({ name: `S${i}`, cluster: "core", subjects: [`s${i}`] }));
  // What compared each with each would not end within the time that every test has.
  const { identity } = shipped[1] as { identity: object };
  // Its service uses consumers of streams that are not there.
  expect(judge({ ...shipped[1], identity: { ...identity, services: {} }, streams }, "demo")).toBe(true);
});

describe("through files", () => {
  const root = mkdtempSync(join(tmpdir(), "natsform-config-"));
  beforeAll(() => mkdirSync(join(root, "environments")));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test("a mutated file loads, or is refused with a ConfigError", async () => {
    const seen = { accepted: 0, refused: 0 };
    const names = fc.sample(mutated, { numRuns: 150, seed: 1 }).flatMap(({ environment, mutations }, i) => {
      const name = `env-${i}`;
      const source = sourceOf(Object.assign(mutate(environment, mutations).input as object, { name }));
      if (source === undefined) return [];
      writeFileSync(join(root, "environments", `${name}.ts`), `export default ${source};\n`);
      return [name];
    });
    for (const [i, loaded] of (await loadEnvironments(names, root)).entries()) {
      if (loaded.status === "fulfilled") {
        buildTopology(loaded.value);
        seen.accepted++;
        continue;
      }
      const error: unknown = loaded.reason;
      if (!(error instanceof ConfigError)) throw error;
      expect(error.file).toBe(`environments/${names[i]}.ts`);
      expect(error.problems.length).toBeGreaterThan(0);
      expect(error.message).toContain(error.file);
      seen.refused++;
    }
    expect(seen.accepted).toBeGreaterThan(5);
    expect(seen.refused).toBeGreaterThan(50);
  });
});

/** TypeScript that makes the value, as far as JSON can say it; `undefined` for values that JSON cannot end. */
function sourceOf(value: unknown): string | undefined {
  let parts = 0;
  try {
    return JSON.stringify(value, (_, item) => {
      if (parts++ > 20_000) throw new Error("too large");
      return typeof item === "bigint" ? `${item}n` : item;
    });
  } catch {
    return undefined;
  }
}

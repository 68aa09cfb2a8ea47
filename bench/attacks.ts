import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type Attack,
  attacksOf,
  decide,
  type Family,
  families,
  makeWorld,
  problem,
  Random,
  type Sent,
  type World,
} from "../__tests__/support/attacks";

const total = 1_000_000;
/** Attacks made of each family that needs an RSA signature per attack; they are used repeatedly. */
const signedPool = 2000;
const batch = 500;
const seed = 20_261_121;

interface Result {
  inputs: number;
  distinct: number;
  /** Admitted with exactly the few permissions that the family states: intended and asserted, no success. */
  narrow: number;
  /** Admitted with any other permissions. */
  admitted: number;
  /** Refused, but for the wrong reason or with downloads that it should not cause. */
  otherwise: number;
  throws: number;
  /** Time of the decisions, without making the attacks. */
  judgedMs: number;
  longestMs: number;
  heapGrowthBytes: number;
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** A million attacks of every family of the tests; fails when one succeeds. */
export async function benchAttacks(): Promise<void> {
  const world = await makeWorld();
  const count = Math.ceil(total / families.length);
  process.stdout.write(
    "attacks: decided on one core; narrow: admitted with exactly the permissions that are due\n" +
      "  family    inputs  distinct    narrow  admitted  otherwise  throws   inputs/s  longest ms  heap MiB\n",
  );
  const results: Result[] = [];
  for (const family of families) {
    const result = await attack(world, family, count);
    results.push(result);
    print(family.id, result);
  }
  const sum = (pick: (result: Result) => number) => results.reduce((all, result) => all + pick(result), 0);
  print("all", {
    inputs: sum((result) => result.inputs),
    distinct: sum((result) => result.distinct),
    narrow: sum((result) => result.narrow),
    admitted: sum((result) => result.admitted),
    otherwise: sum((result) => result.otherwise),
    throws: sum((result) => result.throws),
    judgedMs: sum((result) => result.judgedMs),
    longestMs: Math.max(...results.map((result) => result.longestMs)),
    heapGrowthBytes: sum((result) => result.heapGrowthBytes),
  });
  if (sum((result) => result.admitted + result.otherwise + result.throws) > 0)
    throw new Error("an attack had another outcome than expected");
}

async function attack(world: World, family: Family, count: number): Promise<Result> {
  const random = new Random(seed);
  const pool = family.signed ? attacksOf(family, world, random, Math.min(signedPool, count)) : undefined;
  const distinct = new Set<string>();
  const result: Result = {
    inputs: 0,
    distinct: 0,
    narrow: 0,
    admitted: 0,
    otherwise: 0,
    throws: 0,
    judgedMs: 0,
    longestMs: 0,
    heapGrowthBytes: 0,
  };
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  while (result.inputs < count) {
    const size = Math.min(batch, count - result.inputs);
    const start = result.inputs % signedPool;
    const attacks = pool ? pool.slice(start, start + size) : attacksOf(family, world, random, size);
    for (const one of attacks) {
      distinct.add(digest(one.sent));
      await judge(world, one, result);
    }
    result.inputs += attacks.length;
  }
  result.distinct = distinct.size;
  distinct.clear();
  collectGarbage();
  result.heapGrowthBytes = process.memoryUsage().heapUsed - heapBefore;
  return result;
}

async function judge(world: World, one: Attack, result: Result): Promise<void> {
  const start = performance.now();
  try {
    const judged = await decide(world, one);
    const ms = performance.now() - start;
    result.judgedMs += ms;
    result.longestMs = Math.max(result.longestMs, ms);
    const wrong = problem(one, judged);
    const key = judged.verdict !== "admitted" ? "otherwise" : wrong === undefined ? "narrow" : "admitted";
    if (wrong !== undefined) complain(result[key], `${one.family} ${one.name}: ${wrong}`);
    if (wrong !== undefined || key === "narrow") result[key]++;
  } catch (error) {
    complain(result.throws++, `${one.family} ${one.name}: ${error instanceof Error ? error.stack : error}`);
  }
}

/** Prints the first few problems only. */
function complain(before: number, text: string): void {
  if (before < 3) process.stdout.write(`  seed ${seed}: ${text}\n`);
}

function digest(sent: Sent): string {
  const content = sent.kind === "message" ? sent.message : JSON.stringify(sent);
  return createHash("sha1").update(content).digest("base64");
}

function print(name: string, result: Result): void {
  const { inputs, distinct, narrow, admitted, otherwise, throws, judgedMs, longestMs, heapGrowthBytes } = result;
  const columns = [
    [name.padEnd(4), 6],
    [inputs, 10],
    [distinct, 10],
    [narrow, 10],
    [admitted, 10],
    [otherwise, 11],
    [throws, 8],
    [Math.round(inputs / (judgedMs / 1000)), 11],
    [longestMs.toFixed(1), 12],
    [(heapGrowthBytes / 2 ** 20).toFixed(1), 10],
  ] as const;
  process.stdout.write(`${columns.map(([value, width]) => String(value).padStart(width)).join("")}\n`);
}

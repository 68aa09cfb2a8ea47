import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluateFiles } from "../../../model/config/evaluation/evaluate-files";
import { baseEnvironment } from "../../support/lint-environment";

const root = mkdtempSync(join(tmpdir(), "natsform-kept-"));
const path = join(root, "demo.ts");
const cache = join(root, "cache");
const kept = () => {
  const folder = join(cache, "environments");
  return statSync(folder, { throwIfNoEntry: false }) ? readdirSync(folder).map((name) => join(folder, name)) : [];
};

const before = process.env.NATSFORM_CACHE;
beforeEach(() => {
  process.env.NATSFORM_CACHE = cache;
  mkdirSync(cache, { recursive: true });
});
afterEach(() => {
  if (before === undefined) delete process.env.NATSFORM_CACHE;
  else process.env.NATSFORM_CACHE = before;
  rmSync(cache, { recursive: true, force: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const text = (size: number | string) => {
  const [[name = "", cluster] = []] = Object.entries(baseEnvironment.clusters);
  const environment = { ...baseEnvironment, name: "demo", clusters: { [name]: { ...cluster, size: "SIZE" } } };
  return `export default ${JSON.stringify(environment).replace('"SIZE"', String(size))};`;
};
async function sizeOf(source: string): Promise<number | undefined> {
  writeFileSync(path, source);
  const [read] = await evaluateFiles([{ name: "demo", path }]);
  if (!read?.environment) throw new Error(JSON.stringify(read?.problems));
  return Object.values(read.environment.clusters)[0]?.size;
}

test("the value of a file that is nothing but data is kept, and another file has another one", async () => {
  expect(await sizeOf(text(3))).toBe(3);
  const [file = ""] = kept();
  const first = readFileSync(file);
  expect(await sizeOf(text(3))).toBe(3);
  expect(await sizeOf(text(5))).toBe(5);
  expect(kept()).toEqual([file]);
  expect(readFileSync(file).equals(first)).toBe(false);
  expect(await sizeOf(text(3))).toBe(3);
});

test("a kept value that is damaged is made again", async () => {
  await sizeOf(text(3));
  const [file = ""] = kept();
  const whole = readFileSync(file);
  for (const damaged of [whole.subarray(0, 30), Buffer.alloc(whole.length), Buffer.alloc(0), flipped(whole)]) {
    writeFileSync(file, damaged);
    expect(await sizeOf(text(3))).toBe(3);
    expect(readFileSync(file).equals(whole)).toBe(true);
  }
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[bytes.length - 10] = (copy[bytes.length - 10] ?? 0) ^ 0xff;
  return copy;
}

test("a file that asks for anything is run each time", async () => {
  const asking = text(`Number(require("node:fs").readFileSync(${JSON.stringify(join(root, "asked"))}, "utf8"))`);
  for (const size of [3, 5]) {
    writeFileSync(join(root, "asked"), String(size));
    expect(await sizeOf(asking)).toBe(size);
  }
  expect(kept()).toEqual([]);
});

test("so is one with parts: they may change while it stays the same", async () => {
  const parted = `import { size } from "./size";\n${text("size")}`;
  for (const size of [3, 5]) {
    writeFileSync(join(root, "size.ts"), `export const size = ${size};`);
    expect(await sizeOf(parted)).toBe(size);
  }
});

test("a cache that cannot be written costs time and nothing else", async () => {
  rmSync(cache, { recursive: true });
  writeFileSync(cache, "");
  expect(await sizeOf(text(3))).toBe(3);
  expect(await sizeOf(text(5))).toBe(5);
});

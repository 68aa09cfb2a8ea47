import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyCheckout } from "./support/checkout-copy";

/** A checkout of its own, with what is built already. */
const root = mkdtempSync(join(tmpdir(), "natsform-build-"));
beforeAll(() => copyCheckout(root));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const cache = join(root, "cache");
const natsform = (...args: string[]) => withCache(cache, ...args);

function withCache(cache: string, ...args: string[]) {
  const env = { ...process.env, NATSFORM_CACHE: cache };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "bin/natsform.js"), ...args], {
    cwd: root,
    env,
    encoding: "utf8",
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  return { status, stdout, stderr };
}
const built = (name: string) => statSync(join(root, "build", name)).ino;

test("a source that has changed is in the next command, and what is not made of it is left alone", () => {
  natsform("--version");
  const [line, program] = [built("natsform.cjs"), built("programs/dns-sync.cjs")];
  const path = join(root, "cli/program.ts");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace("First steps:", "Begin with:"));
  expect(natsform("--help").stdout).toContain("Begin with:");
  expect(built("natsform.cjs")).not.toBe(line);
  expect(built("programs/dns-sync.cjs")).toBe(program);
  writeFileSync(path, text);
  expect(natsform("--help").stdout).toContain("First steps:");
});

test("another time alone builds nothing", () => {
  natsform("--version");
  const before = built("natsform.cjs");
  const time = new Date(2030, 1, 1);
  utimesSync(join(root, "cli/program.ts"), time, time);
  expect(natsform("--version").status).toBe(0);
  expect(built("natsform.cjs")).toBe(before);
});

test("a source that does not compile is named, and the command fails", () => {
  const path = join(root, "cli/program.ts");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, `${text}\nconst const = 1;\n`);
  const { status, stderr } = natsform("--help");
  expect(status).toBe(1);
  expect(stderr).toMatch(/cli\/program\.ts:\d+:\d+/);
  writeFileSync(path, text);
  expect(natsform("--help").status).toBe(0);
});

test("what is missing is built again", () => {
  rmSync(join(root, "build/evaluation.cjs"));
  expect(natsform("check", "demo").stdout).toContain("demo: 0 errors");
});

test("compiled code that is damaged is made again: V8 itself would not survive it", () => {
  expect(natsform("--help").status).toBe(0);
  const folder = join(cache, "compiled");
  const files = readdirSync(folder).filter((name) => name.includes("natsform-help"));
  expect(files).toHaveLength(1);
  const path = join(folder, files[0] ?? "");
  const whole = readFileSync(path);
  const flipped = Buffer.from(whole);
  for (let i = 1000; i < flipped.length; i += 5000) flipped[i] = (flipped[i] ?? 0) ^ 0xff;
  for (const damaged of [flipped, whole.subarray(0, whole.length / 2), Buffer.alloc(0)]) {
    writeFileSync(path, damaged);
    expect(natsform("--help")).toMatchObject({ status: 0, stderr: "" });
  }
});

test("without a cache that can be written everything works", () => {
  rmSync(cache, { recursive: true, force: true });
  writeFileSync(cache, "");
  // The second is a folder that is there and takes nothing.
  for (const useless of [cache, "/proc"])
    expect(withCache(useless, "check", "demo")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("demo: 0 errors"),
      stderr: "",
    });
});

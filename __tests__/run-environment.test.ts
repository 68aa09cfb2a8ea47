import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { canCutPower } from "./support/disks";
import { eventually } from "./support/eventually";
import { isAlive } from "./support/twin-processes";

/** What `make test` leaves running when a test fails, is not done in time, or is interrupted. Tried on a run of its own. */
const root = mkdtempSync(join(tmpdir(), "natsform-run-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const support = resolve(__dirname, "support");
const onLinux = process.platform === "linux" ? test : test.skip;

/** A run of jest, as configured here, over files of tests in plain JavaScript. */
class Run {
  readonly folder = mkdtempSync(join(root, "run-"));
  #jest: ChildProcess | undefined;
  said = "";

  /** @param files text of each, in which `note(name, pid)` tells of a process */
  start(files: Record<string, string>, ...args: string[]): ChildProcess {
    mkdirSync(join(this.folder, "tests"));
    const head = `const { spawn } = require("node:child_process"); const fs = require("node:fs"); const os = require("node:os");
      const note = (name, text) => { fs.writeFileSync(${JSON.stringify(this.folder)} + "/" + name + ".tmp", String(text)); fs.renameSync(${JSON.stringify(this.folder)} + "/" + name + ".tmp", ${JSON.stringify(this.folder)} + "/" + name); };
      const lives = (name) => { try { return !/^State:\\s+Z/m.test(fs.readFileSync("/proc/" + fs.readFileSync(${JSON.stringify(this.folder)} + "/" + name, "utf8") + "/status", "utf8")); } catch { return false; } };
      const sleep = (options) => spawn("sleep", ["600"], { stdio: "ignore", ...options }).pid;\n`;
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(this.folder, "tests", `${name}.test.js`), head + text);
    const own = require(resolve(__dirname, "../jest.config.js")) as object;
    const at = (name: string) => join(support, "run", name);
    const config = {
      ...own,
      rootDir: this.folder,
      roots: [join(this.folder, "tests")],
      testMatch: ["**/*.test.js"],
      transform: { "\\.ts$": [require.resolve("@swc/jest"), { jsc: { parser: { syntax: "typescript" } } }] },
      testEnvironment: at("environment.ts"),
      runtime: at("runtime.js"),
      globalSetup: at("global-setup.ts"),
      globalTeardown: at("global-teardown.ts"),
      testSequencer: require.resolve("@jest/test-sequencer"),
    };
    // Jest looks for a package around where it runs, whatever it is told.
    writeFileSync(join(this.folder, "package.json"), "{}");
    writeFileSync(join(this.folder, "config.json"), JSON.stringify(config));
    const jest = join(require.resolve("jest/package.json"), "../bin/jest.js");
    this.#jest = spawn(process.execPath, [jest, "--config", join(this.folder, "config.json"), ...args], {
      cwd: this.folder,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#jest.stdout, this.#jest.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.said += text;
      });
    return this.#jest;
  }

  noted = (name: string) => readFileSync(join(this.folder, name), "utf8");
  has = (name: string) => existsSync(join(this.folder, name));
}

onLinux("what a file of tests leaves running ends before the next one, and is named", async () => {
  const run = new Run();
  const jest = run.start(
    {
      first: `test("fails", () => {
        note("temporary", os.tmpdir());
        note("child", sleep({ cwd: "/", env: {} }));
        note("daemon", sleep({ cwd: os.tmpdir(), env: {}, detached: true }));
        throw new Error("on purpose");
      });`,
      second: `test("passes", () => {
        note("alive", JSON.stringify(["child", "daemon"].filter(lives)));
      });`,
    },
    "--runInBand",
    "--testSequencer",
    sequencer(),
  );
  await once(jest, "close");
  expect(run.said).toMatch(/^Tests: .*1 failed, 1 passed/m);
  expect(JSON.parse(run.noted("alive"))).toEqual([]);
  expect(existsSync(run.noted("temporary"))).toBe(false);
  for (const name of ["child", "daemon"])
    expect(run.said).toMatch(
      new RegExp(`left running by tests/first\\.test\\.js[^]*^${run.noted(name)} sleep 600$`, "m"),
    );
});

onLinux("what a test that is not done in time has started ends with it; what was there before goes on", async () => {
  const run = new Run();
  const jest = run.start({
    slow: `beforeAll(() => note("server", sleep({})));
      test("is not done in time", () => new Promise(() => note("command", sleep({}))), 200);
      test("comes next", () => note("next", JSON.stringify(["server", "command"].map(lives))));`,
  });
  await once(jest, "close");
  expect(run.said).toMatch(/Exceeded timeout of 200/);
  expect(JSON.parse(run.noted("next"))).toEqual([true, false]);
  expect(isAlive(Number(run.noted("server")))).toBe(false);
});

onLinux.each(["SIGINT", "SIGKILL"] as const)("%s in the middle of a run leaves nothing running", async (signal) => {
  const run = new Run();
  const disk = canCutPower();
  const jest = run.start({
    busy: `test("is at work", () => new Promise(() => {
      const temporary = os.tmpdir();
      ${disk ? `fs.mkdirSync(temporary + "/disk"); require("node:child_process").execFileSync("mount", ["-t", "tmpfs", "none", temporary + "/disk"]);` : ""}
      note("daemon", sleep({ cwd: temporary + ${disk ? `"/disk"` : `""`}, env: {}, detached: true }));
      note("child", sleep({}));
      note("temporary", temporary);
    }));`,
    other: `test("is at work as well", () => new Promise(() => note("other", sleep({}))));`,
  });
  const names = ["temporary", "other"];
  await eventually("both are at work", () => names.every(run.has));
  process.kill(-(jest.pid ?? 0), signal);
  await once(jest, "close");
  const pids = ["daemon", "child", "other"].map((name) => Number(run.noted(name)));
  await eventually("the end of all", () => !pids.some(isAlive), 60);
  await eventually("the folder is removed", () => !existsSync(run.noted("temporary")), 60);
});

test("an installed package is loaded once for all files, which run where node's own modules do", async () => {
  const zod = JSON.stringify(require.resolve("zod"));
  const run = new Run();
  const jest = run.start(
    {
      first: `test("loads it", () => { globalThis.__kept = require(${zod}); });`,
      second: `const zod = require(${zod});
        test("finds it", () => expect(zod === globalThis.__kept).toBe(true));
        test("an error of node is an error", () => {
          try { fs.readFileSync("/nowhere"); } catch (error) { return expect(error).toBeInstanceOf(Error); }
          throw new Error("nothing was thrown");
        });
        test("its own modules are its own", () => { require("./own").count++; expect(require("./own").count).toBe(1); });`,
      third: `test("its own modules are its own", () => { require("./own").count++; expect(require("./own").count).toBe(1); });`,
    },
    "--runInBand",
    "--testSequencer",
    sequencer(),
  );
  writeFileSync(join(run.folder, "tests", "own.js"), "module.exports = { count: 0 };");
  await once(jest, "close");
  expect(run.said).toMatch(/^Tests: .*5 passed, 5 total/m);
  expect(jest.exitCode).toBe(0);
});

test("what a file of tests changes around it, the next one does not find", async () => {
  const run = new Run();
  const jest = run.start(
    {
      first: `test("changes everything", () => {
        note("folder", process.cwd());
        process.env.LEFT = "yes"; delete process.env.HOME; process.env.PATH += ":/left";
        process.chdir(os.tmpdir()); process.exitCode = 7; process.left = true;
        process.on("SIGUSR2", () => undefined); process.removeAllListeners("warning");
        globalThis.left = true; globalThis.fetch = () => "left";
        const date = Date; globalThis.Date = class extends date {};
        expect.extend({ toBeLeft: () => ({ pass: true, message: () => "" }) });
        jest.useFakeTimers(); jest.spyOn(Math, "random").mockReturnValue(0.5);
      });`,
      second: `test("finds nothing of it", () => {
        expect([process.env.LEFT, process.env.HOME, process.env.PATH.includes("/left")]).toEqual([undefined, ${JSON.stringify(process.env.HOME)}, false]);
        expect([process.cwd(), process.exitCode, process.left]).toEqual([fs.readFileSync(${JSON.stringify("FOLDER")}, "utf8"), undefined, undefined]);
        expect([process.listenerCount("SIGUSR2"), process.listenerCount("warning") > 0]).toEqual([0, true]);
        expect([globalThis.left, typeof fetch("data:,a").then, Date.name]).toEqual([undefined, "function", "Date"]);
        expect(expect(1).toBeLeft).toBeUndefined();
        expect(Math.random()).not.toBe(Math.random());
        return new Promise((done) => setTimeout(done, 5));
      });`.replace('"FOLDER"', JSON.stringify(join(run.folder, "folder"))),
    },
    "--runInBand",
    "--testSequencer",
    sequencer(),
  );
  await once(jest, "close");
  expect(run.said).toMatch(/^Tests: .*2 passed, 2 total/m);
  expect(jest.exitCode).toBe(0);
});

/** A sequencer by name, so that "first" comes first. */
function sequencer(): string {
  const path = join(root, "sequencer.js");
  const base = JSON.stringify(require.resolve("@jest/test-sequencer"));
  writeFileSync(
    path,
    `module.exports = class extends require(${base}).default { sort(tests) { return [...tests].sort((a, b) => a.path < b.path ? -1 : 1); } };`,
  );
  return path;
}

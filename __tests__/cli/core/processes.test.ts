import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "../../../cli/core/lock";
import {
  isRunning,
  killGroup,
  parseRecord,
  recordOf,
  runningProcess,
  startProcess,
  stopProcess,
} from "../../../cli/core/processes";
import { twinFolder } from "../../../cli/core/twin-folder";
import { stopTwin } from "../../../cli/twin/down";
import { eventually } from "../../support/eventually";

const root = mkdtempSync(join(tmpdir(), "natsform-processes-"));
const others: ChildProcess[] = [];
afterAll(() => {
  for (const child of others) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

const program = join(root, "program.cjs");
writeFileSync(program, "setInterval(() => undefined, 1000);\n");
const folder = twinFolder(root, "demo").program("auth-callout-core-0");
const start = () =>
  startProcess(folder, { command: process.execPath, args: [program, ...folder.lastArguments], env: {} });

test.each(["gone", "", "garbage", '{"pid":1,"started":"0"}'])(
  "a process whose record is %j is still known, and can be stopped",
  async (record) => {
    const { pid } = await start();
    await eventually("it runs", () => runningProcess(folder));
    if (record === "gone") rmSync(folder.process);
    else writeFileSync(folder.process, record);
    expect(runningProcess(folder)?.pid).toBe(pid);
    expect(await stopProcess(folder, "SIGTERM", 5000)).toBe("gone");
    expect(runningProcess(folder)).toBeUndefined();
  },
);

test("down gives each program the time that it was started with, and no other", async () => {
  const twin = twinFolder(root, "deaf");
  const deaf = join(root, "deaf.cjs");
  writeFileSync(
    deaf,
    'process.on("SIGTERM", () => undefined); setInterval(() => undefined, 1000); console.log("deaf");\n',
  );
  const service = twin.program("orders");
  const args = [deaf, ...service.lastArguments];
  await startProcess(service, { command: process.execPath, args, env: {}, graceMs: 300 });
  await eventually("it does not hear", () => existsSync(service.log) && readFileSync(service.log, "utf8") !== "");
  const start = Date.now();
  expect(await stopTwin(twin, { progress: () => undefined })).toEqual({ stopped: 1, killed: ["orders"] });
  // Programs of natsform have 15 seconds.
  expect(Date.now() - start).toBeLessThan(10_000);
});

test("a process that only looks at the files is none of ours", async () => {
  const { conf } = twinFolder(root, "demo").server("core-0");
  // As `nats-server -t -c …`, `less …` and `tail -f …`.
  for (const args of [["-t", "-c", conf], [conf], ["-f", conf]])
    others.push(spawn(process.execPath, [program, ...args].slice(0, 4), { stdio: "ignore" }));
  await Promise.all(others.map((child) => new Promise((resolve) => child.once("spawn", resolve))));
  expect(runningProcess(twinFolder(root, "demo").server("core-0"))).toBeUndefined();
});

// As a server that was killed while its machine is busy: its ports and files are taken until the last thread is gone.
const onLinux = process.platform === "linux" && process.arch === "x64" ? test : test.skip;
onLinux("a process runs while any of its threads does, also when the first one has ended", async () => {
  const endFirst =
    "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(600,)).start(); ctypes.CDLL(None).syscall(60, 0)";
  const child = spawn("python3", ["-c", endFirst], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  const record = recordOf(pid);
  try {
    const state = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0];
    await eventually("the end of its first thread", async () => state() === "Z");
    expect(isRunning(record)).toBe(true);
  } finally {
    child.kill("SIGKILL");
  }
  await eventually("its end", async () => !isRunning(record));
});

// Start times count from the boot: after one, a process of somebody else's may have both the id and the time.
const whereBootsHaveIds = process.platform === "linux" ? test : test.skip;
const ofAnotherBoot = { boot: "00000000-0000-4000-8000-000000000000" };
whereBootsHaveIds("a record of another boot is of no process of this one, which is left alone", async () => {
  const child = spawn(process.execPath, [program], { stdio: "ignore", detached: true });
  others.push(child);
  const record = recordOf(child.pid as number);
  expect([isRunning(record), isRunning({ ...record, ...ofAnotherBoot })]).toEqual([true, false]);
  const stranger = twinFolder(root, "demo").program("stranger");
  mkdirSync(stranger.root, { recursive: true });
  writeFileSync(stranger.process, JSON.stringify({ ...record, ...ofAnotherBoot }));
  expect(runningProcess(stranger)).toBeUndefined();
  await killGroup({ ...record, ...ofAnotherBoot });
  await stopProcess(stranger, "SIGKILL", 100);
  expect(isRunning(record)).toBe(true);
  // As it was written before boots were recorded.
  writeFileSync(stranger.process, JSON.stringify({ pid: record.pid, started: record.started }));
  expect(runningProcess(stranger)?.pid).toBe(record.pid);
});

whereBootsHaveIds("what is started and what is locked is recorded with its boot", async () => {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const recorded = (file: string) => parseRecord(readFileSync(file, "utf8"))?.boot;
  await start();
  expect(recorded(folder.process)).toBe(boot);
  await stopProcess(folder, "SIGKILL", 100);
  const lock = join(root, "lock");
  await withLock(lock, async () => {
    expect(recorded(lock)).toBe(boot);
    await expect(withLock(lock, async () => "in")).rejects.toThrow("another natsform command");
  });
  writeFileSync(lock, JSON.stringify({ ...recordOf(process.pid), ...ofAnotherBoot }));
  expect(await withLock(lock, async () => "in")).toBe("in");
});

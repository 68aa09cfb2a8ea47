import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning, recordOf, runningProcess, startProcess, stopProcess } from "../../../cli/core/processes";
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

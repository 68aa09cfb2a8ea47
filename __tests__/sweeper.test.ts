import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./support/eventually";
import { startSweeper } from "./support/run/global-setup";
import { innocent, isAlive } from "./support/twin-processes";

const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("what a run has started ends with the run, whatever ended it, and nothing else does", async () => {
  // Not below the folder of this run: its path would be part of the other's.
  const folder = mkdtempSync("/tmp/natsform-sweep-");
  writeFileSync(join(folder, "log"), "");
  mkdirSync(join(folder, "below"));
  const detached = { detached: true, stdio: "ignore" } as const;
  const started = [
    spawn("sleep", ["600"], { ...detached, cwd: join(folder, "below") }),
    spawn("sleep", ["600"], { ...detached, env: { PATH: process.env.PATH, TMPDIR: folder } }),
    spawn("sh", ["-c", `trap "" TERM; while :; do sleep 0.1; done # ${folder}`], detached),
  ].map(({ pid }) => pid ?? 0);
  const other = innocent();
  const { sweeper, ended } = startSweeper(folder);
  expect(started.map(isAlive)).toEqual([true, true, true]);
  sweeper.stdin?.destroy();
  await eventually("the end of what was started", () => started.every((pid) => !isAlive(pid)));
  const lines = await ended;
  for (const pid of started) expect(lines).toMatch(new RegExp(`^${pid} `, "m"));
  expect(existsSync(folder)).toBe(false);
  expect(isAlive(other.pid ?? 0)).toBe(true);
  other.kill();
});

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emulatorFolder, terraformRecord } from "../../../cli/core/emulator-folder";
import { poll, recordOf } from "../../../cli/core/processes";
import { removeEmulator } from "../../../cli/emulator/start";
import { eventually } from "../../support/eventually";
import { isAlive } from "../../support/twin-processes";

const root = mkdtempSync(join(tmpdir(), "natsform-abandoned-"));
let abandoned: ChildProcess | undefined;
afterAll(() => {
  abandoned?.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

test("what a killed deployment left at work is ended with the emulated AWS, its children too", async () => {
  const folder = emulatorFolder(root, "demo");
  const stack = join(folder.terraform, "stacks", "demo-core-nats");
  mkdirSync(stack, { recursive: true });
  // As Terraform and its provider: a group of two, which goes on without natsform.
  abandoned = spawn("sh", ["-c", "sleep 600 & echo $! > child; wait"], { cwd: stack, detached: true, stdio: "ignore" });
  const leader = abandoned.pid as number;
  const child = await eventually("its provider", () => Number(readFileSync(join(stack, "child"), "utf8")));
  expect([leader, child].map(isAlive)).toEqual([true, true]);
  writeFileSync(join(stack, terraformRecord), JSON.stringify(recordOf(leader)));
  await removeEmulator(folder);
  await eventually("the end of both", () => !isAlive(leader) && !isAlive(child));
  expect(existsSync(folder.root)).toBe(false);
});

test.each([
  ["of this boot", {}, false],
  ["of another boot, whose id somebody else's group has now", { boot: "00000000-0000-4000-8000-000000000000" }, true],
])("the group of a killed emulator is ended if its record is %s", async (_of, boot, lives) => {
  const folder = emulatorFolder(root, "gone");
  mkdirSync(folder.root, { recursive: true });
  // Its leader has ended, as that of a killed emulator has.
  const leader = spawn("sh", ["-c", "sleep 600 & echo $! > child"], {
    cwd: folder.root,
    detached: true,
    stdio: "ignore",
  });
  const pid = leader.pid as number;
  const record = recordOf(pid);
  const child = await eventually("a member", () => Number(readFileSync(join(folder.root, "child"), "utf8")));
  try {
    await eventually("its leader's end", () => recordOf(pid).started === "gone");
    writeFileSync(folder.process, JSON.stringify({ ...record, ...boot }));
    await removeEmulator(folder);
    // A signal takes a moment to do what it does.
    expect(await poll(() => !isAlive(child), lives ? 1000 : 10_000)).toBe(!lives);
  } finally {
    if (isAlive(child)) process.kill(child, "SIGKILL");
  }
});

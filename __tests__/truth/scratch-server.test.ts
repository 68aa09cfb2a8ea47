import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";
import { isAlive, processesOf } from "../support/twin-processes";

const checkout = resolve(__dirname, "../..");
const temporary = mkdtempSync(join(tmpdir(), "natsform-scratch-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

test("a drill's server ends with the drill, and leaves no folder, also when the drill is killed", async () => {
  const binary = findProgram("nats-server") as string;
  const script = `require(${JSON.stringify(join(checkout, "runtime/backup/scratch-server"))})
    .startScratchServer(${JSON.stringify(binary)}).then(() => console.log("listens"))`;
  const drill = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", script], {
    cwd: checkout,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(drill.stdout, "data");
  const servers = processesOf(temporary).filter(isAlive);
  expect(servers.length).toBeGreaterThan(0);
  drill.kill("SIGKILL");
  await eventually("the end of its server", () => !servers.some(isAlive));
  const left = () => readdirSync(temporary).filter((name) => name.startsWith("natsform-drill-"));
  await eventually("the removal of its folder", () => left().length === 0);
});

import { existsSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { copyBuilt } from "../../artifacts/copy-built";
import { readIfThere } from "../../artifacts/files";
import { type EmulatorAddress, type EmulatorFolder, terraformRecord } from "../core/emulator-folder";
import {
  isOfThisBoot,
  killGroup,
  killMembers,
  lastLines,
  parseRecord,
  poll,
  recordOf,
  runningProcess,
  startProcess,
  stopProcess,
} from "../core/processes";
import { UserError } from "../core/project";

const startMs = 90_000;

/** The emulator that runs for this environment; `undefined` when none does. */
export function runningEmulator(folder: EmulatorFolder): EmulatorAddress | undefined {
  const text = readIfThere(folder.address);
  return runningProcess(folder) && text ? (JSON.parse(text) as EmulatorAddress) : undefined;
}

/**
 * The emulator of this environment, started when none runs. It outlives the command. Files of an earlier emulator
 * describe an AWS that is gone, and are removed.
 *
 * @throws UserError when it does not start
 */
export async function ensureEmulator(folder: EmulatorFolder): Promise<EmulatorAddress> {
  const running = runningEmulator(folder);
  if (running) return running;
  await removeEmulator(folder);
  const bootstrap = join(folder.root, "bootstrap.cjs");
  copyBuilt("emulator.cjs", folder.program);
  copyBuilt("lambda-bootstrap.cjs", bootstrap);
  await startProcess(folder, {
    command: process.execPath,
    args: [folder.program],
    env: {
      ...inherited(),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      EMULATOR_FOLDER: folder.root,
      EMULATOR_BOOTSTRAP: bootstrap,
    },
  });
  const ready = await poll(() => !runningProcess(folder) || existsSync(folder.address), startMs);
  const address = runningEmulator(folder);
  if (address) return address;
  const why = ready ? "ended" : `is not ready after ${startMs / 1000} s`;
  const text = lastLines(folder.log, 5).join("\n");
  await removeEmulator(folder);
  throw new UserError(`the emulator ${why}:\n${text}`);
}

/** Variables that locate programs and tools; nothing of the caller's AWS settings. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "NATSFORM_CACHE", "XDG_CACHE_HOME", "TMPDIR"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Stops the emulator and all that it started. @returns true when one ran */
export async function stopEmulator(folder: EmulatorFolder): Promise<boolean> {
  const recorded = parseRecord(readIfThere(folder.process) ?? "");
  const ran = runningProcess(folder) !== undefined;
  await endTerraforms(folder.terraform);
  await stopProcess(folder, "SIGTERM", 15_000);
  if (recorded && isOfThisBoot(recorded)) endGroup(recorded.pid);
  return ran;
}

/** A killed command leaves its Terraform at work. What it does here goes with the emulated AWS: nothing has to be saved. */
async function endTerraforms(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const path of paths.filter((path) => basename(path) === terraformRecord)) {
    const recorded = parseRecord(readIfThere(join(folder, path)) ?? "");
    if (recorded) await killGroup(recorded);
  }
}

/**
 * Ends the processes of a killed emulator. They share the process group with its id, and no other process gets the id
 * of a living group. So if a process has the id now, it is another one, and the emulator's processes are gone.
 */
function endGroup(pid: number): void {
  if (recordOf(pid).started === "gone") killMembers(pid);
}

/** Stops the emulator and removes its folder. @returns true when one ran */
export async function removeEmulator(folder: EmulatorFolder): Promise<boolean> {
  const ran = await stopEmulator(folder);
  if (existsSync(folder.sockets)) rmSync(readlinkSync(folder.sockets), { recursive: true, force: true });
  rmSync(folder.root, { recursive: true, force: true });
  return ran;
}

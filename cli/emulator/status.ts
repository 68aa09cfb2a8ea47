import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type EmulatorFolder, emulatorFolder } from "../core/emulator-folder";
import { exitedUnexpectedly, runningProcess } from "../core/processes";
import type { PartStatus } from "../core/rows";
import { runningEmulator } from "./start";

const name = "emulated-aws";

/** The environment's emulated AWS as a part of its status; empty when it has none. */
export function emulatorStatus(root: string, environment: string): PartStatus[] {
  const folder = emulatorFolder(root, environment);
  const address = runningEmulator(folder)?.url;
  if (address) return [{ name, pid: runningProcess(folder)?.pid, address, ok: true, state: "runs" }];
  if (!exitedUnexpectedly(folder)) return [];
  const state = `ended by itself; natsform deploy ${environment} --emulate starts a new one`;
  return [{ name, address: "-", ok: false, state }];
}

/** Its own log and those of deployed functions. */
export function emulatorLogs({ log, logs }: Pick<EmulatorFolder, "log" | "logs">): { name: string; path: string }[] {
  const functions = existsSync(logs) ? readdirSync(logs) : [];
  return [
    { name, path: log },
    ...functions.map((file) => ({ name: file.replace(/\.log$/, ""), path: join(logs, file) })),
  ];
}

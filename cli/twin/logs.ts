import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { endsWhenAsked } from "../core/interrupts";
import { UserError } from "../core/project";
import type { TwinFolder } from "../core/twin-folder";
import { emulatorLogs } from "../emulator/status";

interface Log {
  name: string;
  path: string;
  /** Bytes of it that were read. */
  read: number;
}

function logsOf(folder: TwinFolder): Log[] {
  const below = (kind: "servers" | "programs"): Log[] => {
    const root = join(folder.root, kind);
    if (!existsSync(root)) return [];
    return readdirSync(root).map((name) => ({ name, path: join(root, name, "log"), read: 0 }));
  };
  const emulator = join(folder.environment, "emulator");
  const emulated = emulatorLogs({ log: join(emulator, "log"), logs: join(emulator, "logs") }).map((log) => ({
    ...log,
    read: 0,
  }));
  return [...below("servers"), ...below("programs"), ...emulated].filter(({ path }) => existsSync(path));
}

const prefixed = (name: string, lines: readonly string[], single: boolean) =>
  lines.map((line) => `${single ? "" : `${name}  `}${line}\n`).join("");

/**
 * Prints the last lines of one log or of all, and returns the logs shown.
 *
 * @throws UserError when there is no log of that name
 */
export function printLogs(folder: TwinFolder, name: string | undefined, lines: number): Log[] {
  const all = logsOf(folder);
  const shown = all.filter((log) => name === undefined || log.name === name);
  if (shown.length === 0) {
    throw new UserError(
      `no log${name ? ` of ${name}` : "s"} here`,
      `known: ${all.map((log) => log.name).join(", ") || "none"}`,
    );
  }
  for (const log of shown) {
    log.read = statSync(log.path).size;
    const last = lines > 0 ? readRange(log.path, 0, log.read).trimEnd().split("\n").slice(-lines) : [];
    process.stdout.write(prefixed(log.name, last, shown.length === 1));
  }
  return shown;
}

/** Prints what is added to the logs since they were printed, until the command is interrupted. */
export async function followLogs(logs: Log[]): Promise<void> {
  const partial = new Map<string, string>();
  const timer = setInterval(() => {
    for (const log of logs) {
      const { name, path, read: from } = log;
      const size = existsSync(path) ? statSync(path).size : 0;
      // A log that became shorter was truncated.
      const start = size < from ? 0 : from;
      if (size === start) continue;
      const lines = `${partial.get(path) ?? ""}${readRange(path, start, size)}`.split("\n");
      partial.set(path, lines.pop() ?? "");
      log.read = size;
      process.stdout.write(prefixed(name, lines, logs.length === 1));
    }
  }, 200);
  let asked = () => {};
  await new Promise<void>((resolve) => {
    asked = endsWhenAsked({ does: resolve });
    // Nobody reads any more.
    process.stdout.once("error", () => resolve());
  });
  asked();
  clearInterval(timer);
}

function readRange(path: string, from: number, to: number): string {
  const buffer = Buffer.alloc(to - from);
  const file = openSync(path, "r");
  try {
    return buffer.toString("utf8", 0, readSync(file, buffer, 0, buffer.length, from));
  } finally {
    closeSync(file);
  }
}

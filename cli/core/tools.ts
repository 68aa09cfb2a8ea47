import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheFolder } from "../../bin/cache-folder";
import { defaultRelease } from "../../model/config/server-releases";

/** Folder of the executables that natsform builds: outside the checkout, so that every clone finds them. */
export function programFolder(): string {
  return join(cacheFolder(), "bin");
}

export function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Paths of every executable of this name: in natsform's cache first, then on PATH. */
export function findAll(name: string): string[] {
  const folders = [programFolder(), ...(process.env.PATH ?? "").split(delimiter).filter(Boolean)];
  return folders.map((folder) => join(folder, name)).filter(executable);
}

/** `2.14.5`; `undefined` when the program prints no version. */
export function natsVersionOf(path: string): string | undefined {
  try {
    return /v?(\d+\.\d+\.\d+)/.exec(execFileSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 }))?.[1];
  } catch {
    return undefined;
  }
}

/** A nats-server of exactly this version, from the cache or PATH; a cached one of another version is named with it. */
export function findNatsServer(version = defaultRelease): string | undefined {
  const candidates = [...findAll(`nats-server-${version}`), ...findAll("nats-server")];
  return candidates.find((path) => natsVersionOf(path) === version);
}

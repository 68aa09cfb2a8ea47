import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runningProcess } from "../core/processes";
import type { TwinFolder } from "../core/twin-folder";

export const named = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    : [];

/** Running processes of a twin, read from its folder alone: the environment's file may be gone or wrong. */
export function runningParts(folder: TwinFolder): { servers: string[]; programs: string[] } {
  return {
    servers: named(join(folder.root, "servers")).filter((name) => runningProcess(folder.server(name))),
    programs: named(join(folder.root, "programs")).filter((name) => runningProcess(folder.program(name))),
  };
}

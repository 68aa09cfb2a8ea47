import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { graceOf, stopProcess } from "../core/processes";
import type { TwinFolder } from "../core/twin-folder";
import { runningParts } from "./running";
import { lameDuckTimeoutMs, stopServer } from "./servers";

export interface DownProps {
  /** Ends servers at once, without lame duck mode. */
  now?: boolean;
  progress(text: string): void;
}

/** Stops every process of a twin: programs first, since servers in lame duck mode wait for their clients. */
export async function stopTwin(
  folder: TwinFolder,
  { now, progress }: DownProps,
): Promise<{ stopped: number; killed: string[] }> {
  const { servers, programs } = runningParts(folder);
  const killed: string[] = [];
  const note = (name: string, outcome: "gone" | "killed") => {
    progress(`${name}: ${outcome === "gone" ? "stopped" : "did not stop in time and was ended by force"}`);
    if (outcome === "killed") killed.push(name);
  };
  await Promise.all(
    programs.map(async (name) => {
      const program = folder.program(name);
      note(name, await stopProcess(program, "SIGTERM", graceOf(program) ?? 15_000));
    }),
  );
  await Promise.all(
    servers.map(async (name) =>
      note(
        name,
        now
          ? await stopProcess(folder.server(name), "SIGTERM", lameDuckTimeoutMs)
          : await stopServer(folder.server(name)),
      ),
    ),
  );
  return { stopped: servers.length + programs.length, killed };
}

/** Removes everything the twin keeps. The deployment's own keys beside it stay. */
export function wipeTwin(folder: TwinFolder): void {
  rmSync(folder.root, { recursive: true, force: true });
  rmSync(folder.connect, { force: true });
  for (const parent of [folder.environment, join(folder.environment, "..")]) {
    if (existsSync(parent) && readdirSync(parent).length === 0 && basename(parent) !== "") rmdirSync(parent);
  }
}

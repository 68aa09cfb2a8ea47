import { createHash } from "node:crypto";
import { join } from "node:path";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { type ProgramFolder, runningProcess, startProcess, stopProcess } from "../core/processes";
import type { Twin } from "./context";
import { assertPortsFree } from "./servers";

/** A process of the twin that is kept while nothing that it was started with changes. */
export interface KeptProcess {
  folder: ProgramFolder;
  command: string;
  args: readonly string[];
  /** Its variables; the files that those at whose end is `_FILE` name are read. */
  env: Record<string, string>;
  /** Variables of this shell that it gets beside. Another shell's are no reason to start it again. */
  inherited?: Record<string, string>;
  cwd?: string;
  /** Files that it runs. */
  code: readonly string[];
  /** Ports that it opens. */
  ports: readonly number[];
  signal: NodeJS.Signals;
  /** Milliseconds from the signal to the end by force. @default 20000 */
  graceMs?: number;
}

/** Digest of everything that needs a restart. */
function fingerprint({ args, env, code }: KeptProcess): string {
  const named = Object.entries(env).flatMap(([key, value]) => (key.endsWith("_FILE") ? [value] : []));
  const files = [...named, ...code].map((file) => readIfThere(file) ?? "");
  return createHash("sha256")
    .update(JSON.stringify([args, env, files]))
    .digest("hex");
}

/** Starts a process that does not run, and starts one again whose code, arguments, variables or files have changed. */
export async function ensureProcess(twin: Twin, kept: KeptProcess): Promise<"kept" | "started" | "restarted"> {
  const { folder, command, args, env, inherited, cwd } = kept;
  const startedWith = join(folder.root, "started-with.json");
  const desired = fingerprint(kept);
  const runs = runningProcess(folder) !== undefined;
  if (runs && readIfThere(startedWith) === desired) return "kept";
  if (runs) await stopProcess(folder, kept.signal, kept.graceMs ?? 20_000);
  await assertPortsFree(twin, kept.ports);
  // Before it starts: whoever is killed in between leaves nothing that has to be started again.
  writeFileAtomically(startedWith, desired, privateFile);
  await startProcess(folder, { command, args, env: { ...inherited, ...env }, cwd, graceMs: kept.graceMs });
  return runs ? "restarted" : "started";
}

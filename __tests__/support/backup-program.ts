import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { copyBuilt } from "../../artifacts/copy-built";
import { findNatsServer } from "../../cli/core/tools";

export interface Ended {
  /** null when it was killed. */
  readonly code: number | null;
  readonly output: string;
  /** Lines of its log. */
  readonly lines: Record<string, unknown>[];
}

/** The backup program as it is deployed: one file, run by itself. */
export class BackupProgram {
  readonly #file: string;

  constructor(
    folder: string,
    readonly environment: Record<string, string>,
  ) {
    this.#file = join(folder, "backup.cjs");
    copyBuilt("programs/backup.cjs", this.#file);
  }

  /** Starts a command. What it has logged so far is looked at by `watch`. */
  start(
    command: string,
    environment: Record<string, string | undefined> = {},
    watch?: (child: ChildProcess, output: string) => void,
  ) {
    const child = spawn(process.execPath, [this.#file, command], {
      env: {
        PATH: process.env.PATH,
        DRILL_NATS_SERVER: findNatsServer(),
        ...this.environment,
        ...environment,
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        output += chunk;
        watch?.(child, output);
      });
    return new Promise<Ended>((resolve) =>
      child.once("close", (code) => resolve({ code, output, lines: linesOf(output) })),
    );
  }
}

const linesOf = (output: string): Record<string, unknown>[] =>
  output.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });

import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { toolPath } from "../../cli/core/toolbox/find";
import { findProgram } from "./programs";

const checkout = resolve(__dirname, "../..");

/** Commands of a page that run until they are done, or until they are ended. */
export interface RunningCommands {
  /** What they printed so far, both streams. */
  text(): string;
  done: Promise<{ code: number; text: string }>;
}

export interface PageShellOptions {
  /** `npm` is the real one, and `npx` runs what it installed. */
  installs?: boolean;
}

/**
 * A shell in which the commands of a page are run as they stand there. What they would install is on this machine
 * already, pinned: `npm` and `pip` do nothing, `npx` runs from the checkout, and tools come from natsform's cache.
 */
export class PageShell {
  readonly #running = new Set<ChildProcess>();
  readonly #bin: string;

  /** @param folder in which the page's commands run */
  constructor(
    private readonly folder: string,
    { installs = false }: PageShellOptions = {},
  ) {
    this.#bin = join(folder, "bin");
    mkdirSync(this.#bin, { recursive: true });
    const { execPath } = process;
    this.#program(
      "npx",
      `if [ "$1" = natsform ]; then shift; exec "${execPath}" "${checkout}/bin/natsform.js" "$@"; fi`,
      installs ? `exec "${findProgram("npx")}" --no-install "$@"` : `exec "${checkout}/node_modules/.bin/$1" "\${@:2}"`,
    );
    // What it would make a test has made before: it takes a minute.
    this.#program("make", '[ -d "build/$*" ]');
    if (!installs) {
      symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
      for (const name of ["npm", "pip"]) this.#program(name, "exit 0");
    }
    for (const [name, path] of [
      ["python3", toolPath("nats-py")],
      ["nats", toolPath("nats-cli")],
    ] as const)
      if (path !== undefined) this.#program(name, `exec "${path}" "$@"`);
  }

  #program(name: string, ...lines: string[]): void {
    const path = join(this.#bin, name);
    writeFileSync(path, ["#!/bin/bash", ...lines, ""].join("\n"));
    chmodSync(path, 0o755);
  }

  /** Runs commands in a folder below the project's; they end together. */
  start(commands: string, env: Record<string, string> = {}): RunningCommands {
    const child = spawn("bash", ["-euo", "pipefail", "-c", commands], {
      cwd: this.folder,
      // A group of its own, so that whatever it started ends with it.
      detached: true,
      env: { ...process.env, PATH: `${this.#bin}:${process.env.PATH}`, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running.add(child);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data.toString()));
    const done = new Promise<{ code: number; text: string }>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => {
        this.#running.delete(child);
        resolve({ code: code ?? 1, text });
      });
    });
    return { text: () => text, done };
  }

  /** As `start`, and fails with everything printed unless all commands succeed. */
  async run(commands: string, env: Record<string, string> = {}): Promise<string> {
    const { code, text } = await this.start(commands, env).done;
    if (code !== 0) throw new Error(`the page's commands ended with ${code}:\n${commands}\n${text}`);
    return text;
  }

  /** Ends whatever still runs. */
  close(): void {
    for (const { pid } of this.#running) if (pid !== undefined) process.kill(-pid, "SIGKILL");
  }
}

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { twinFolder } from "../../cli/core/twin-folder";
import { stopTwin } from "../../cli/twin/down";
import type { EnvironmentInput } from "../../model/config";

const checkout = resolve(__dirname, "../..");

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * What a command printed beside `--json`.
 *
 * @throws with the error that it printed instead, and what else is said of it
 */
export function jsonOf<T>({ code, stdout, stderr }: CommandResult, more = ""): T {
  const printed = stdout === "" ? undefined : (JSON.parse(stdout) as T & { error?: { message: string } });
  if (printed && printed.error === undefined) return printed;
  throw new Error(`it ended with ${code}: ${printed?.error?.message ?? stderr}\n${more}`);
}

/** A project of its own in a temporary folder, in which natsform is run as a user runs it. */
export class TestProject {
  readonly root: string;
  readonly #environments: string[] = [];

  /** @param below folder in which the project's own is made */
  constructor(below = tmpdir()) {
    this.root = mkdtempSync(join(below, "natsform-test-"));
  }

  /** Writes an environment file; data is enough, since environments are data. */
  write(environment: EnvironmentInput | { name: string }): void {
    mkdirSync(join(this.root, "environments"), { recursive: true });
    writeFileSync(
      join(this.root, "environments", `${environment.name}.ts`),
      `export default ${JSON.stringify(environment, null, 2)};\n`,
    );
    this.#environments.push(environment.name);
  }

  /** Runs `natsform ...args` in the project, without a terminal. Never rejects for an exit code. */
  natsform(...args: string[]): Promise<CommandResult> {
    return new Promise((done) => {
      execFile(
        process.execPath,
        [join(checkout, "bin/natsform.js"), ...args],
        // Jest gives tests a copy: without naming it, what a test has set would not arrive.
        { cwd: this.root, env: process.env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
    });
  }

  /** As `natsform`, but fails with everything printed unless it exits 0. */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.natsform(...args);
    if (code !== 0) throw new Error(`natsform ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Stops whatever still runs and removes the folder. For afterAll: also right after a failure half-way. */
  async remove(): Promise<void> {
    for (const name of this.#environments) {
      await stopTwin(twinFolder(this.root, name), { now: true, progress: () => undefined });
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

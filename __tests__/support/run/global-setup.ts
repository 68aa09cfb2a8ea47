import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The run's own folder of temporary files, and who ends what is left in it. */
export interface TestRun {
  sweeper: ChildProcess;
  /** Lines about what had to be ended. */
  ended: Promise<string>;
}

/**
 * Starts the sweeper beside the run. Not a clean-up of ours alone: whoever presses Ctrl-C, or kills jest, gets none.
 *
 * Where there is no /proc, tests clean up after themselves as they do anyway.
 */
export default function globalSetup(): void {
  if (process.platform !== "linux") return;
  process.env.NATSFORM_TESTS_MACHINE = tmpdir();
  const folder = mkdtempSync(join(tmpdir(), "natsform-tests-"));
  const shared = globalThis as { testRun?: TestRun };
  shared.testRun = startSweeper(folder);
  process.env.TMPDIR = folder;
}

export function startSweeper(folder: string): TestRun {
  const program = join(__dirname, "sweeper.js");
  // Without the run's variables: it must not end itself.
  const sweeper = spawn(process.execPath, [program, folder], {
    detached: true,
    env: { PATH: process.env.PATH ?? "" },
    cwd: "/",
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  sweeper.stdout?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const ended = new Promise<string>((done) => sweeper.once("close", () => done(text)));
  sweeper.unref();
  for (const stream of [sweeper.stdin, sweeper.stdout]) (stream as unknown as { unref(): void }).unref();
  return { sweeper, ended };
}

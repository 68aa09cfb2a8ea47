import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { readIfThere } from "../artifacts/files";
import type { Planted } from "./planted";

/** The test that failed: its file, and its name. */
export interface Failure {
  file: string;
  test: string;
}

export interface TryProps {
  root: string;
  /** Folder for what fails. */
  folder: string;
  /** Without it, the sources as they are. */
  planted?: Planted;
  tests: readonly string[];
  /** Stops at the first file that fails. */
  bail: boolean;
  signal: AbortSignal;
}

let count = 0;

/** Runs tests in the order in which they are named, in one process. @throws when jest itself fails */
export async function failuresOf({ root, folder, planted, tests, bail, signal }: TryProps): Promise<Failure[]> {
  const report = join(folder, `failures-${count++}`);
  const jest = [join(root, "node_modules/jest/bin/jest.js"), "--config", join(root, "mutants/jest.config.js")];
  const child = spawn(
    process.execPath,
    [...jest, "--runInBand", ...(bail ? ["--bail"] : []), "--runTestsByPath", ...tests],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
      signal,
      env: {
        ...process.env,
        NATSFORM_MUTANT: planted && JSON.stringify(planted),
        NATSFORM_MUTANT_ORDER: JSON.stringify(tests),
        NATSFORM_MUTANT_REPORT: report,
      },
    },
  );
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const code = await new Promise<number | null>((done, fail) => child.once("error", fail).once("close", done));
  const lines = (readIfThere(report) ?? "").split("\n").filter((line) => line !== "");
  rmSync(report, { force: true });
  if (code !== 0 && lines.length === 0) throw new Error(`jest ended with ${code}: ${said}`);
  return lines.map((line) => {
    const { file, test } = JSON.parse(line) as Failure;
    return { file: relative(root, file), test };
  });
}

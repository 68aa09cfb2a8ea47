import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { checkout } from "./cli-run";

/**
 * Runs natsform in a terminal.
 *
 * @param answers texts, each with what is typed when it has been printed, in Python's notation: `\\x03`, `\\r`
 * @returns 99 where a text never came
 */
export const inTerminal = (cwd: string, answers: readonly string[], ...args: string[]) =>
  new Promise<{ code: number; stdout: string }>((done) => {
    const script = resolve(__dirname, "in-terminal.py");
    const natsform = [process.execPath, join(checkout, "bin/natsform.js"), ...args];
    const options = { cwd, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
    execFile("python3", [script, ...answers, "--", ...natsform], options, (error, stdout) =>
      done({ code: error ? Number(error.code) : 0, stdout }),
    );
  });

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { errorMessage } from "../common/error-message";
import { TEST_ENVIRONMENT_FORMAT, type TestEnvironment } from "./spec";

/**
 * What an environment says: from the file that `natsform subjects ENV --test-server --out FILE` wrote, or by asking
 * natsform, where a project has it, about a file of `environments/`.
 *
 * @throws Error with what is to be done
 */
export function readEnvironment(file: string): TestEnvironment {
  const text = /\.[cm]?ts$/.test(file) ? askNatsform(resolve(file)) : readFileSync(file, "utf8");
  const { format } = JSON.parse(text) as { format?: number };
  if (format !== TEST_ENVIRONMENT_FORMAT)
    throw new Error(
      `${file} is not of the form that this library reads (${TEST_ENVIRONMENT_FORMAT}): write it anew with natsform subjects --test-server`,
    );
  return JSON.parse(text) as TestEnvironment;
}

function askNatsform(file: string): string {
  const project = dirname(dirname(file));
  const name = basename(file).replace(/\.[cm]?ts$/, "");
  let program: string;
  try {
    const manifest = createRequire(join(project, "package.json")).resolve("natsform/package.json");
    program = join(dirname(manifest), "bin", "natsform.js");
  } catch (error) {
    const other = `natsform subjects ${name} --test-server --out FILE writes one that needs no natsform`;
    throw new Error(`${project} has no natsform that reads ${file}; ${other}`, { cause: error });
  }
  try {
    const args = [program, "subjects", name, "--test-server"];
    return execFileSync(process.execPath, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(stderr?.trim() || errorMessage(error));
  }
}

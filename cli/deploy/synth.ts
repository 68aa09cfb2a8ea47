import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../artifacts/bundle";
import { UserError } from "../core/project";

export interface SynthProps {
  root: string;
  environment: string;
  /** Folder for `cdktf.out`: the project's own, or the emulator's. */
  out: string;
  emulator?: { endpoint: string; trustFolder: string };
  /** Further variables of the process. */
  env?: Record<string, string>;
}

/**
 * Synthesizes the environment's stacks in a process of its own: a deployment uses only the files.
 *
 * @returns the folder of each stack
 * @throws UserError with the output, when it fails
 */
export async function synthesize({
  root,
  environment,
  out,
  emulator,
  env,
}: SynthProps): Promise<(stack: string) => string> {
  const child = spawn(process.execPath, ["--require", require.resolve("tsx/cjs"), join(packageRoot, "main.ts")], {
    cwd: root,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      CHECKPOINT_DISABLE: "1",
      CDKTF_OUTDIR: out,
      NATSFORM_PROJECT: root,
      NATSFORM_ENV: environment,
      // Part of every image tag.
      ...(process.env.NATSFORM_IMAGE_BASE && { NATSFORM_IMAGE_BASE: process.env.NATSFORM_IMAGE_BASE }),
      ...(emulator && {
        NATSFORM_EMULATOR_ENDPOINT: emulator.endpoint,
        NATSFORM_TRUST_FOLDER: emulator.trustFolder,
      }),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new UserError(`${environment} cannot be synthesized:\n${output.trim()}`);
  return (stack) => join(out, "stacks", stack);
}

export const isSynthesized = (folder: string) => existsSync(join(folder, "cdk.tf.json"));

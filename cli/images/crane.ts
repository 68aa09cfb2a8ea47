import { spawn } from "node:child_process";
import { toolPath } from "../core/toolbox/find";
import { missingTool } from "../core/toolbox/missing";

export interface CraneOptions {
  /** Text for standard input: secrets must not be in the arguments. */
  input?: string;
  /** Folder of its logins; without it, the user's own. */
  dockerConfig?: string;
}

/** Output of crane; `ok` when it ended with 0. */
export interface CraneResult {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** @throws UserError when crane is not there */
export function crane(args: readonly string[], { input = "", dockerConfig }: CraneOptions = {}): Promise<CraneResult> {
  const program = toolPath("crane");
  if (!program) throw missingTool("crane");
  const env = dockerConfig ? { ...process.env, DOCKER_CONFIG: dockerConfig } : process.env;
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const result = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => {
    result.stdout += text;
  });
  child.stderr.on("data", (text: Buffer) => {
    result.stderr += text;
  });
  // crane may end without reading its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ ok: code === 0, ...result }));
  });
}

/** The last line of crane's output: it names the cause there, after its attempts. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

import { spawn } from "node:child_process";
import { UserError } from "../core/project";
import { findDeployTool } from "../core/tools";

export interface CraneOptions {
  /** Given to it on its standard input: secrets must not stand among its arguments. */
  input?: string;
  /** Folder of its logins; without it, the user's own. */
  dockerConfig?: string;
}

/** What crane printed, and whether it ended well. */
export interface CraneResult {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** @throws UserError when crane is not there */
export function crane(args: readonly string[], { input = "", dockerConfig }: CraneOptions = {}): Promise<CraneResult> {
  const program = findDeployTool("crane");
  if (!program) throw new UserError("crane is missing, and images cannot be moved without it", "make deploy-tools");
  const env = dockerConfig ? { ...process.env, DOCKER_CONFIG: dockerConfig } : process.env;
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  const result = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => {
    result.stdout += text;
  });
  child.stderr.on("data", (text: Buffer) => {
    result.stderr += text;
  });
  // A program that ends without reading its input is no error of ours.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ ok: code === 0, ...result }));
  });
}

/** The last line of what it said: crane names the cause there, after its attempts. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

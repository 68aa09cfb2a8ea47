import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { UserError } from "../core/project";
import { toolPath } from "../core/toolbox/find";
import { missingTool } from "../core/toolbox/missing";

/** An AWS in memory: everything in it is gone when it stops. */
export interface Moto {
  /** For `AWS_ENDPOINT_URL`. */
  url: string;
  stop(): Promise<void>;
}

const startMs = 60_000;

/**
 * Starts moto on a free port of this machine. It ends with this process, or with `stop`.
 *
 * @throws UserError when it is not installed or does not start
 */
export async function startMoto(): Promise<Moto> {
  const program = toolPath("moto");
  if (!program) throw missingTool("moto");
  // Nothing of the caller's AWS settings is inherited: no request of the emulated AWS may reach a real one.
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", PYTHONUNBUFFERED: "1" };
  const child = spawn(program, ["-H", "127.0.0.1", "-p", "0"], { env, stdio: ["ignore", "ignore", "pipe"] });
  const end = () => void child.kill("SIGKILL");
  process.once("exit", end);
  const stderrLines: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    const failed = (why: string) =>
      reject(new UserError(`moto_server ${why}`, stderrLines.slice(-5).join("\n") || undefined));
    const timer = setTimeout(() => failed("does not say where it listens"), startMs);
    child.once("error", ({ message }) => failed(message));
    child.once("exit", (code) => failed(`ended with ${code}`));
    // It logs its address and each request to stderr: the lines must be read, or the pipe fills and it blocks.
    createInterface({ input: child.stderr }).on("line", (line) => {
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (found) {
        clearTimeout(timer);
        resolve(found);
      } else if (stderrLines.length < 100) stderrLines.push(line);
    });
  }).catch((error) => {
    end();
    throw error;
  });
  return {
    url,
    stop: async () => {
      process.off("exit", end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      end();
      await gone;
    },
  };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Agent } from "node:http";
import { createInterface } from "node:readline";
import { UserError } from "../core/project";
import { toolPath } from "../core/toolbox/find";
import { missingTool } from "../core/toolbox/missing";
import type { AwsAddress } from "./aws";
import { fetchWith, socketAgent } from "./moto-socket";

/** An AWS in memory: everything in it is gone when it stops. */
export interface Moto extends Required<AwsAddress> {
  /** Connects to it: there is no port. */
  agent: Agent;
  stop(): Promise<void>;
}

const startMs = 60_000;
/** Certificates of ACM, which moto would issue after a minute: nobody waits for what is only pretended. */
const atOnce = { MOTO_ACM_VALIDATION_WAIT: "0" };

/**
 * Starts moto, which asks nobody who they are. So it listens on a Unix socket, which lies where others of this machine
 * cannot go, and on no port. It ends with this process, or with `stop`.
 *
 * @param socket path, of at most 100 bytes, in a folder of the user's own
 * @throws UserError when it is not installed or does not start
 */
export async function startMoto(socket: string): Promise<Moto> {
  const program = toolPath("moto");
  if (!program) throw missingTool("moto");
  // Nothing of the caller's AWS settings is inherited: no request of the emulated AWS may reach a real one.
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", PYTHONUNBUFFERED: "1", ...atOnce };
  const child = spawn(program, ["-H", `unix://${socket}`], { env, stdio: ["ignore", "ignore", "pipe"] });
  const end = () => void child.kill("SIGKILL");
  process.once("exit", end);
  const stderrLines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const failed = (why: string) =>
      reject(new UserError(`moto_server ${why}`, stderrLines.slice(-5).join("\n") || undefined));
    const timer = setTimeout(() => failed("does not say where it listens"), startMs);
    child.once("error", ({ message }) => failed(message));
    child.once("exit", (code) => failed(`ended with ${code}`));
    // It logs its address and each request to stderr: the lines must be read, or the pipe fills and it blocks.
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.includes(`Running on unix://${socket}`)) {
        clearTimeout(timer);
        resolve();
      } else if (stderrLines.length < 100) stderrLines.push(line);
    });
  }).catch((error) => {
    end();
    throw error;
  });
  const agent = socketAgent(socket);
  return {
    agent,
    url: "http://localhost",
    // It looks at no credentials.
    key: "emulator",
    fetch: fetchWith(agent),
    stop: async () => {
      process.off("exit", end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      end();
      await gone;
    },
  };
}

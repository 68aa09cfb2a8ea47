import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const STARTS_WITHIN_MS = 30_000;

/** A nats-server that runs until it is stopped, or this process ends. */
export interface ServerProcess {
  port: number;
  stop(): Promise<void>;
}

/**
 * Starts a nats-server and waits until it listens.
 *
 * @param folder its configuration and its ports are written there
 * @param configuration as JSON, which nats-server reads like its own notation
 * @throws Error when there is no such program, or with the server's last words
 */
export async function startServer(program: string, folder: string, configuration: object): Promise<ServerProcess> {
  const [file, log] = [join(folder, "nats.conf"), join(folder, "log")];
  writeFileSync(file, JSON.stringify({ ...configuration, ports_file_dir: folder }), { mode: 0o600 });
  const child = spawn(program, ["-c", file, "-l", log], { stdio: "ignore" });
  const end = () => void child.kill("SIGKILL");
  const decided = new AbortController();
  process.once("exit", end);
  try {
    const port = await Promise.race([
      listening(join(folder, `${basename(program)}_`), child, decided.signal),
      failure(child, program, log),
    ]);
    return { port, stop: () => stopped(child).finally(() => process.off("exit", end)) };
  } catch (error) {
    end();
    process.off("exit", end);
    throw error;
  } finally {
    decided.abort();
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

async function failure(child: ChildProcess, program: string, log: string): Promise<never> {
  const why = await new Promise<string>((resolve) => {
    child.once("error", ({ message }) =>
      resolve(`${program} cannot be started (${message}): install nats-server, or name it with NATS_SERVER`),
    );
    child.once("exit", () =>
      resolve(existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").slice(-3).join("; ") : ""),
    );
  });
  throw new Error(`no nats-server for this test: ${why}`);
}

/** nats-server writes the ports that it was given into a file, once it listens. */
async function listening(prefix: string, child: ChildProcess, signal: AbortSignal): Promise<number> {
  for (const deadline = Date.now() + STARTS_WITHIN_MS; !signal.aborted && Date.now() < deadline; await sleep(10))
    try {
      const { nats } = JSON.parse(readFileSync(`${prefix}${child.pid}.ports`, "utf8")) as { nats?: string[] };
      if (nats?.[0]) return Number(new URL(nats[0]).port);
    } catch {
      // Not yet, or not all of it.
    }
  throw new Error(`nats-server does not listen within ${STARTS_WITHIN_MS} ms`);
}

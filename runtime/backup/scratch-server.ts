import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type NatsConnection } from "nats";
import { BACKUP_INBOX } from "./contract";
import type { ScratchServer } from "./scratch-sidecar";

const STARTS_WITHIN_MS = 60_000;

/**
 * Starts one, for a drill. It listens on a free port of the loopback address, for one user with a random password, and keeps
 * its store in a new folder below the temporary one, which must have room for the largest backup.
 *
 * @param binary path of nats-server; a name is looked for on PATH
 * @throws Error with the server's last words when it does not start
 */
export async function startScratchServer(binary: string): Promise<ScratchServer> {
  const root = await mkdtemp(join(tmpdir(), "natsform-drill-"));
  const pass = randomBytes(24).toString("hex");
  const file = (name: string) => join(root, name);
  let child: ChildProcess | undefined;
  let connection: NatsConnection | undefined;
  const stop = async () => {
    process.off("exit", end);
    await connection?.close().catch(() => undefined);
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    await rm(root, { recursive: true, force: true });
  };
  const end = () => void child?.kill("SIGKILL");
  try {
    const conf = [
      'listen: "127.0.0.1:-1"',
      `ports_file_dir: ${JSON.stringify(root)}`,
      `jetstream { store_dir: ${JSON.stringify(file("store"))} }`,
      `authorization { user: drill, password: "${pass}" }`,
    ];
    await writeFile(file("nats.conf"), `${conf.join("\n")}\n`, { mode: 0o600 });
    child = spawn(binary, ["-c", file("nats.conf"), "-l", file("log")], { stdio: "ignore" });
    process.once("exit", end);
    const failed = new Promise<never>((_, reject) => {
      child?.once("error", reject);
      child?.once("exit", async (code) => {
        const log = await readFile(file("log"), "utf8").catch(() => "");
        reject(new Error(`the scratch nats-server ended with ${code}: ${log.trim().split("\n").slice(-3).join("; ")}`));
      });
    });
    failed.catch(() => undefined);
    const servers = await Promise.race([failed, listening(file(`${basename(binary)}_${child.pid}.ports`))]);
    connection = await Promise.race([failed, connect({ servers, user: "drill", pass, inboxPrefix: BACKUP_INBOX })]);
    return { connection, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** nats-server writes the ports it was given into a file, once it listens. */
async function listening(portsFile: string): Promise<string[]> {
  for (const deadline = Date.now() + STARTS_WITHIN_MS; Date.now() < deadline; await sleep(20)) {
    try {
      const ports = JSON.parse(await readFile(portsFile, "utf8")) as { nats?: string[] };
      if (ports.nats?.length) return ports.nats;
    } catch {
      // Not yet, or not all of it.
    }
  }
  throw new Error("the scratch nats-server does not listen");
}

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@nats-io/transport-node";
import { BACKUP_INBOX } from "./contract";
import type { ScratchServer } from "./scratch-sidecar";

const STARTS_WITHIN_MS = 60_000;

/**
 * Starts a scratch server for a drill. It listens on a free port of the loopback address, for one user with a random
 * password, and keeps its store in a new folder below the temporary one, which must have room for the largest backup.
 *
 * @param binary path of nats-server; a name is searched on PATH
 * @throws Error with the server's last words when it does not start
 */
export async function startScratchServer(binary: string): Promise<ScratchServer> {
  const root = await mkdtemp(join(tmpdir(), "natsform-drill-"));
  const pass = randomBytes(24).toString("hex");
  const { child, failed, stop } = await launch(binary, root, pass);
  try {
    const servers = await Promise.race([failed, listening(join(root, `${basename(binary)}_${child.pid}.ports`))]);
    const login = { servers, user: "drill", pass, inboxPrefix: BACKUP_INBOX };
    const connection = await Promise.race([failed, connect(login)]);
    const close = () => connection.close().catch(() => undefined);
    return { connection, stop: () => close().then(stop) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Launches a server that may not listen yet; `failed` rejects when it never will. `stop` ends it and removes its
 * folder; it ends with this process as well.
 */
async function launch(binary: string, root: string, pass: string) {
  const remove = () => rm(root, { recursive: true, force: true });
  try {
    const conf = [
      'listen: "127.0.0.1:-1"',
      `ports_file_dir: ${JSON.stringify(root)}`,
      `jetstream { store_dir: ${JSON.stringify(join(root, "store"))} }`,
      `authorization { user: drill, password: "${pass}" }`,
    ];
    await writeFile(confOf(root), `${conf.join("\n")}\n`, { mode: 0o600 });
    const args = ["-c", WITH_ITS_PARENT, root, binary, "-c", confOf(root), "-l", logOf(root)];
    const child = spawn("/bin/sh", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const end = () => void child.kill("SIGKILL");
    process.once("exit", end);
    const stop = async () => {
      process.off("exit", end);
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, "exit");
        end();
        await gone;
      }
      child.stdio[3]?.destroy();
      await remove();
    };
    return { child, failed: failure(child, root), stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Runs a server that ends, with its folder, when this process does, however that ends: then nobody holds the other end of
 * the pipe any more.
 */
const WITH_ITS_PARENT = '(cat <&3 >/dev/null; kill -9 $$ 2>/dev/null; rm -rf "$0") & exec "$@" 3<&-';

const confOf = (root: string) => join(root, "nats.conf");
const logOf = (root: string) => join(root, "log");

/** Rejects when the server could not start, or has ended. */
function failure(child: ChildProcess, root: string): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", async (code) => {
      const log = await readFile(logOf(root), "utf8").catch(() => "");
      reject(new Error(`the scratch nats-server ended with ${code}: ${log.trim().split("\n").slice(-3).join("; ")}`));
    });
  });
  failed.catch(() => undefined);
  return failed;
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

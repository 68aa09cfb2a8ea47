import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports";
import { findProgram } from "./programs";

export { freePort };

/** A real nats-server on a free port of the loopback interface. */
export interface NatsServer {
  /** `tls://127.0.0.1:<port>` when it has certificates. */
  url: string;
  port: number;
  pid: number | undefined;
  log(): string;
  /** Lets the server read another configuration. */
  reload(configuration: string): void;
  stop(): Promise<void>;
}

/** A certificate of `localhost` and 127.0.0.1 that is its own CA. */
export function makeCertificate(folder: string): { certFile: string; keyFile: string } {
  const [certFile, keyFile] = [join(folder, "server.crt"), join(folder, "server.key")];
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
  execFileSync(
    "openssl",
    ["req", "-x509", ...key, "-out", certFile, "-days", "2", "-subj", "/CN=test", "-addext", names],
    {
      stdio: "ignore",
    },
  );
  return { certFile, keyFile };
}

export const makeFolder = (): string => mkdtempSync(join(tmpdir(), "natsform-"));
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/**
 * Starts a server and waits until it takes clients.
 *
 * @param configuration everything but `listen`
 * @param port a free one unless given
 * @param program the pinned version unless given
 */
export async function startNatsServer(
  folder: string,
  configuration: string,
  port?: number,
  program = findProgram("nats-server"),
): Promise<NatsServer> {
  if (program === undefined) throw new Error("nats-server is not installed");
  const portsFolder = mkdtempSync(join(folder, "ports-"));
  mkdirSync(join(portsFolder, "js"));
  const file = join(portsFolder, "nats.conf");
  const listen = `listen: "127.0.0.1:${port ?? (await freePort())}"\nports_file_dir: "${portsFolder}"\n`;
  const write = (text: string) => writeFileSync(file, listen + text.replaceAll("STORE_DIR", join(portsFolder, "js")));
  write(configuration);

  let log = "";
  const child = spawn(program, ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.on("data", (text: Buffer) => {
    log += text;
  });
  try {
    const url = await waitFor("the server's ports file", () => {
      if (child.exitCode !== null) throw new Error(`nats-server ended:\n${log}`);
      const name = readdirSync(portsFolder).find((entry) => entry.endsWith(".ports"));
      const text = name && readFileSync(join(portsFolder, name), "utf8");
      return text ? (JSON.parse(text).nats[0] as string) : undefined;
    });
    return {
      url,
      port: Number(new URL(url.replace(/^\w+/, "http")).port),
      pid: child.pid,
      log: () => log,
      reload(changed) {
        write(changed);
        child.kill("SIGHUP");
      },
      stop: () => end(child),
    };
  } catch (error) {
    await end(child, "SIGKILL");
    throw error;
  }
}

/** Ends a child process that is ours and waits for it; resolves with its exit code. */
export function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    // Not "exit": by then the last lines of its log may not have been read.
    child.once("close", () => resolve());
    child.kill(signal);
  });
}

/** The first value that is not undefined or false; rejects after `timeoutMs` with the last error. */
export async function waitFor<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 90_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`no ${what} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

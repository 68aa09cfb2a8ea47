import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports";
import { findProgram } from "./programs";
import { startProgram } from "./start-program";

export { freePort };

/** A real nats-server on a free port of the loopback interface. */
export interface NatsServer {
  /** `tls://127.0.0.1:<port>` when it has certificates. */
  url: string;
  port: number;
  pid: number;
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

  const server = startProgram(program, ["-c", file], process.env);
  try {
    const url = await server.until("the server's ports file", () => {
      const name = readdirSync(portsFolder).find((entry) => entry.endsWith(".ports"));
      const text = name && readFileSync(join(portsFolder, name), "utf8");
      return text ? (JSON.parse(text).nats[0] as string) : undefined;
    });
    return {
      url,
      port: Number(new URL(url.replace(/^\w+/, "http")).port),
      pid: server.pid,
      log: server.log,
      reload(changed) {
        write(changed);
        server.signal("SIGHUP");
      },
      async stop() {
        await server.end();
      },
    };
  } catch (error) {
    await server.end("SIGKILL");
    throw error;
  }
}

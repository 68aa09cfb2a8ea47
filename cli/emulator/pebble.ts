import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { privateFile, writeFileAtomically } from "../../artifacts/files";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { UserError } from "../core/project";
import { toolPath } from "../core/toolbox/find";
import { missingTool } from "../core/toolbox/missing";

export interface PebbleProps {
  /** DNS server for the lookup of challenges: `127.0.0.1:<port>`. */
  dns: string;
  /** Folder for its configuration and its own TLS certificate; created when it is missing. */
  folder: string;
  /** Lifetime of certificates, in seconds. */
  validitySeconds?: number;
  /** Names, and everything below them, that it refuses to issue for. */
  blocked?: string[];
  /** Per cent of good nonces that it refuses, as real servers do now and then. */
  nonceRejectPercent?: number;
  /** Per cent of valid authorizations that it uses again. */
  authorizationReusePercent?: number;
  /** Seconds, at most, that it waits before it validates; 0 does not wait. */
  validationSleepSeconds?: number;
}

/** An ACME server whose root no client trusts by default; its state is lost when it stops. */
export interface Pebble {
  directoryUrl: string;
  /** Authority of its own listener, for `NODE_EXTRA_CA_CERTS`. */
  caFile: string;
  /** Root of the certificates that it issues. */
  rootPem(): Promise<string>;
  /** Sets its answer to requests for the renewal information (ARI) of the certificate. */
  setRenewalInfo(certificate: string, answer: string): Promise<void>;
  /** Its output since it started. */
  log(): string;
  stop(): Promise<void>;
}

const startMs = 30_000;
const weekMs = 7 * 24 * 3600 * 1000;

/**
 * Starts pebble on free ports of this machine. It ends with this process, or with `stop`.
 *
 * @throws UserError when it is not installed or does not start
 */
export async function startPebble(props: PebbleProps): Promise<Pebble> {
  const program = toolPath("pebble");
  if (!program) throw missingTool("pebble");
  mkdirSync(props.folder, { recursive: true });
  const tls = await makeTls(props.folder);
  for (let attempt = 1; ; attempt++) {
    const [port, managementPort] = await freePorts();
    const config = writeConfig(props, tls, port, managementPort);
    const { child, log } = run(program, config, props);
    const end = () => void child.kill("SIGKILL");
    process.once("exit", end);
    const stop = async () => {
      process.off("exit", end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      end();
      await gone;
    };
    const management = `https://127.0.0.1:${managementPort}`;
    const call = (url: string, body?: string) => send(url, tls.ca, body);
    if (await answers(child, () => Promise.all([call(`https://127.0.0.1:${port}/dir`), call(`${management}/roots/0`)])))
      return {
        directoryUrl: `https://127.0.0.1:${port}/dir`,
        caFile: tls.caFile,
        rootPem: () => call(`${management}/roots/0`),
        setRenewalInfo: async (Certificate, ARIResponse) => {
          await call(`${management}/set-renewal-info/`, JSON.stringify({ Certificate, ARIResponse }));
        },
        log,
        stop,
      };
    const ended = child.exitCode !== null;
    await stop();
    // It ends when another process has taken a port that was free a moment ago.
    if (!ended || attempt === 5) throw new UserError("pebble does not start", log().split("\n").slice(-5).join("\n"));
  }
}

interface Tls {
  /** PEM. */
  ca: string;
  caFile: string;
  certFile: string;
  keyFile: string;
}

/** Its own certificate, from an authority that signs no other one: only this server can present it. */
async function makeTls(folder: string): Promise<Tls> {
  const now = new Date();
  const authority = await createAuthority("natsform emulator", weekMs, now);
  const names = { dns: ["localhost"], addresses: ["127.0.0.1"] };
  const { cert, key } = await issueCertificate(authority, { names, usages: ["server"], ttlMs: weekMs, now });
  const files = {
    caFile: join(folder, "pebble-ca.crt"),
    certFile: join(folder, "pebble.crt"),
    keyFile: join(folder, "pebble.key"),
  };
  writeFileAtomically(files.caFile, authority.cert);
  writeFileAtomically(files.certFile, cert);
  writeFileAtomically(files.keyFile, key, privateFile);
  return { ca: authority.cert, ...files };
}

function writeConfig(props: PebbleProps, tls: Tls, port: number, managementPort: number): string {
  const { folder, validitySeconds = 90 * 24 * 3600, blocked = [] } = props;
  const path = join(folder, "pebble.json");
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: tls.certFile,
    privateKey: tls.keyFile,
    // HTTP and TLS challenges are never answered here.
    httpPort: 9,
    tlsPort: 9,
    domainBlocklist: blocked,
    retryAfter: { authz: 1, order: 1 },
    keyAlgorithm: "ecdsa",
    profiles: { default: { description: "natsform", validityPeriod: validitySeconds } },
  };
  writeFileAtomically(path, `${JSON.stringify({ pebble }, null, 2)}\n`);
  return path;
}

function run(program: string, config: string, props: PebbleProps): { child: ChildProcess; log(): string } {
  const { nonceRejectPercent = 5, authorizationReusePercent = 50, validationSleepSeconds = 0 } = props;
  const env = {
    PATH: process.env.PATH ?? "",
    PEBBLE_WFE_NONCEREJECT: String(nonceRejectPercent),
    PEBBLE_AUTHZREUSE: String(authorizationReusePercent),
    ...(validationSleepSeconds > 0
      ? { PEBBLE_VA_SLEEPTIME: String(validationSleepSeconds) }
      : { PEBBLE_VA_NOSLEEP: "1" }),
  };
  const child = spawn(program, ["-config", config, "-dnsserver", props.dns, "-strict"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.once("error", () => undefined);
  const lines: string[] = [];
  // Both must be read, or a pipe fills and it blocks.
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => void lines.push(line));
  return { child, log: () => lines.join("\n") };
}

/** Waits until both listeners answer; false when it ends or takes too long. */
async function answers(child: ChildProcess, ask: () => Promise<unknown>): Promise<boolean> {
  const deadline = Date.now() + startMs;
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined && Date.now() < deadline) {
    const ok = await ask().then(
      () => true,
      () => false,
    );
    if (ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

function send(url: string, ca: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    // In strict mode it refuses clients without a user agent.
    const headers = { "user-agent": "natsform" };
    const call = request(url, { ca, method, headers, timeout: 10_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${response.statusCode} ${text}`)),
      );
    });
    call.on("timeout", () => call.destroy(new Error(`${url}: no answer`)));
    call.on("error", reject).end(body);
  });
}

/** Two ports that were free a moment ago; both are held until both are known. */
async function freePorts(): Promise<[number, number]> {
  const hold = async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  const servers = [await hold(), await hold()] as const;
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}

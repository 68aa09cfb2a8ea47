import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { packageRoot } from "../bin/built";
import { twinFolder } from "../cli/core/twin-folder";
import type { ConnectFile } from "../cli/twin/connect-file";
import { NatsClient, serviceInboxPrefix } from "../runtime/client";
import { natsform } from "./natsform";
import { median, quantile } from "./statistics";

const REQUESTS = 5000;
const IN_FLIGHT = 32;
const ROUNDS = 5;
const STREAMS = 10_000;
const body = JSON.stringify({ id: "7", text: "x".repeat(100) });

const environment = {
  name: "bench",
  identity: {
    mode: "callout",
    oidc: { issuer: "https://bench.eu.auth0.com/", audience: "https://api.bench.example.com" },
    permissions: [{ account: "APP", publish: { allow: ["echo.>"] }, subscribe: { allow: ["news.>"] } }],
    services: {
      echo: { account: "APP", serves: ["echo.>"] },
      bare: { account: "APP", asks: ["echo.a"] },
    },
  },
  clusters: {
    core: {
      platform: { kind: "aws-ecs", region: "eu-west-1", domain: "bench.example.com" },
      size: 1,
      httpGateway: {
        limits: { requestsPerSecond: 10_000, eventStreams: 2 * STREAMS },
        routes: {
          echo: { kind: "request", path: "/echo/{what}", subject: "echo.{what}" },
          news: { kind: "events", path: "/news", subject: "news.a" },
        },
      },
    },
  },
};

/** What a request and an event stream cost at the HTTP gateway, beside node's bare server that sends one NATS request. */
export async function benchHttpGateway(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-bench-"));
  const up = () => natsform(folder, "up", "bench", "--yes");
  let bare: Bare | undefined;
  let echo: NatsClient | undefined;
  try {
    mkdirSync(join(folder, "environments"));
    writeFileSync(join(folder, "environments/bench.ts"), `export default ${JSON.stringify(environment)};\n`);
    up();
    const twin = twinFolder(folder, "bench");
    const { servers, caFile, httpGateways } = JSON.parse(readFileSync(twin.connect, "utf8")) as ConnectFile;
    const [{ client: server = "" } = {}] = servers;
    const keyOf = (service: string) => join(twin.keys, `user-service-${service}.key`);
    const nats = (service: string) =>
      new NatsClient({
        servers: server,
        caFile,
        authentication: { kind: "nkey", seed: readFileSync(keyOf(service), "utf8").trim() },
      });
    echo = nats("echo");
    const answering = await echo.connection();
    answering.subscribe("echo.>", { callback: (_, message) => void message.respond(message.data) });
    await answering.flush();
    const token = execFileSync(
      process.execPath,
      [join(packageRoot, "bin/natsform.js"), "token", "bench", "--sub", "alice"],
      {
        cwd: folder,
        encoding: "utf8",
      },
    ).trim();
    const gateway = () =>
      JSON.parse(readFileSync(join(twin.program("http-gateway-core").process), "utf8")).pid as number;
    const trust = JSON.parse(readFileSync(twin.trust, "utf8")) as { users: Record<string, string> };
    const startBare = () =>
      Bare.start(folder, server, caFile, keyOf("bare"), serviceInboxPrefix(trust.users["service-bare"] ?? ""));
    bare = await startBare();

    const url = httpGateways[0]?.url ?? "";
    const asking = nats("bare");
    const direct = await asking.connection();
    const targets = {
      bare: { pid: () => bare?.pid ?? 0, ask: poster(`${bare.url}/echo/a`, token) },
      gateway: { pid: gateway, ask: poster(`${url}/echo/a`, token) },
    };
    const seen = { bare: new Seen(), gateway: new Seen() };
    const directly: number[] = [];
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const name of ["bare", "gateway"] as const) {
        const { pid, ask } = targets[name];
        const before = cpuSeconds(pid());
        const times = await inFlight(ask);
        if (round > 0) seen[name].add((cpuSeconds(pid()) - before) / REQUESTS, times);
      }
      const before = process.cpuUsage();
      await inFlight(() => direct.request("echo.a", body, { timeout: 5000 }));
      const { user, system } = process.cpuUsage(before);
      if (round > 0) directly.push((user + system) / 1e6 / REQUESTS);
    }
    await asking.close();
    const perSecond = (seconds: number) => (1 / seconds).toFixed(0).padStart(7);
    const [ofBare, ofGateway] = [median(seen.bare.cpu), median(seen.gateway.cpu)];
    process.stdout.write(`http-gateway: requests per second of CPU time, median of ${ROUNDS} rounds in turns
  one NATS request, asked and answered in one process ${perSecond(median(directly))}
  floor: node:http with that request                  ${perSecond(ofBare)}  ${seen.bare}
  gateway: token, rights, limits, metrics, CORS       ${perSecond(ofGateway)}  ${seen.gateway}  ${(ofBare / ofGateway).toFixed(2)} x floor
`);

    const streams = {
      gateway: await memoryOfStreams(gateway(), `${url}/news`, token),
      bare: await memoryOfStreams(bare.pid, `${bare.url}/news`, token),
    };
    const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
    process.stdout.write(`  ${STREAMS} event streams, memory of each: floor ${kilobytes(streams.bare)}, gateway ${kilobytes(streams.gateway)}, ${(streams.gateway / streams.bare).toFixed(2)} x floor
`);
  } finally {
    bare?.stop();
    await echo?.close();
    natsform(folder, "down", "--wipe", "--now");
    rmSync(folder, { recursive: true, force: true });
  }
}

class Seen {
  readonly cpu: number[] = [];
  readonly #p50: number[] = [];
  readonly #p99: number[] = [];

  add(cpu: number, times: readonly number[]): void {
    this.cpu.push(cpu);
    this.#p50.push(quantile(times, 0.5));
    this.#p99.push(quantile(times, 0.99));
  }

  toString(): string {
    return `p50 ${median(this.#p50).toFixed(1)} ms, p99 ${median(this.#p99).toFixed(1)} ms`;
  }
}

/** Milliseconds of each request, with some of them in flight. */
async function inFlight(ask: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let left = REQUESTS;
  const worker = async () => {
    while (left-- > 0) {
      const begun = performance.now();
      await ask();
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return times;
}

/** Posts the body over connections that are kept. Rejects for an answer that is not 200. */
function poster(url: string, token: string): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  return () =>
    new Promise((resolve, reject) => {
      const req = request(url, { method: "POST", agent, headers }, (res) => {
        res.resume().once("error", reject);
        res.once("end", () => (res.statusCode === 200 ? resolve() : reject(new Error(`${url}: ${res.statusCode}`))));
      });
      req.once("error", reject).end(body);
    });
}

/** Bytes of memory that a process has more of for each of many event streams. */
async function memoryOfStreams(pid: number, url: string, token: string): Promise<number> {
  const before = residentBytes(pid);
  const open: ClientRequest[] = [];
  let left = STREAMS;
  const opener = async () => {
    while (left-- > 0) {
      const req = request(url, { agent: false, headers: { authorization: `Bearer ${token}` } }).end();
      open.push(req);
      const [res] = await once(req, "response");
      if (res.statusCode !== 200) throw new Error(`${url}: ${res.statusCode}`);
      res.resume();
      res.on("error", () => undefined);
      req.on("error", () => undefined);
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, opener));
    // What opening them has left behind is collected meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    return (residentBytes(pid) - before) / STREAMS;
  } finally {
    for (const req of open) req.destroy();
  }
}

const proc = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8");
/** User and system time of a process. Linux counts in hundredths. */
const cpuSeconds = (pid: number): number => {
  const [user = 0, system = 0] = proc(pid, "stat").split(") ")[1]?.split(" ").slice(11, 13).map(Number) ?? [];
  return (user + system) / 100;
};
const residentBytes = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(proc(pid, "status"))?.[1]) * 1024;

class Bare {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(folder: string, ...args: string[]): Promise<Bare> {
    const outfile = join(folder, "bare-http.cjs");
    const entryPoints = [join(packageRoot, "bench/bare-http.ts")];
    await build({ entryPoints, outfile, bundle: true, platform: "node", format: "cjs", logLevel: "silent" });
    const child = spawn(process.execPath, [outfile, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = await once(child.stdout as NodeJS.ReadableStream, "data");
    return new Bare(child, `http://127.0.0.1:${String(port).trim()}`);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }
}

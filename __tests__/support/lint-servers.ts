import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type NatsConnection } from "nats";
import { defaultRelease } from "../../model/config/server-releases";
import { eventually } from "./eventually";
import { freePorts } from "./ports";
import { findProgram } from "./programs";
import { startProgram } from "./start-program";

const binary = findProgram("nats-server") ?? `nats-server ${defaultRelease} is not in PATH; run make tools`;
const ready = /Server is ready/;

/** A real nats-server. `{dir}` in its configuration is a folder of its own. */
export interface RunningServer {
  /** Whether it got so far; otherwise it has exited, and `log` says why. */
  readonly ready: boolean;
  log(): string;
  readonly url: string;
  readonly monitoring: string;
  /** Sends the signal and waits for the end of the process. */
  end(signal?: NodeJS.Signals): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<void>;
}

const folders: string[] = [];
const running = new Set<RunningServer>();
const connections = new Set<NatsConnection>();

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "natsform-lint-"));
  folders.push(folder);
  return folder;
}

function writeConf(conf: string): string {
  const folder = newFolder();
  const file = join(folder, "nats.conf");
  writeFileSync(file, conf.replaceAll("{dir}", folder));
  return file;
}

/** What `nats-server -t` says. It only parses; what is wrong between settings shows at start. */
export function check(conf: string, args: string[] = []): { valid: boolean; output: string } {
  const { status, stderr, stdout } = spawnSync(binary, ["-t", "-c", writeConf(conf), ...args], { encoding: "utf8" });
  return { valid: status === 0, output: stdout + stderr };
}

/** Starts a server and waits until it is ready or has exited. Ports may be -1: any free one. */
export async function start(
  conf: string,
  props: { env?: NodeJS.ProcessEnv; args?: string[]; program?: string } = {},
): Promise<RunningServer> {
  const args = ["-c", writeConf(conf), ...(props.args ?? [])];
  const program = startProgram(props.program ?? binary, args, { ...process.env, ...props.env });
  const isReady = await eventually("it is ready or has ended", () => {
    if (ready.test(program.log())) return "ready";
    return !program.isRunning() && "ended";
  });
  if (isReady === "ended") await program.ended;
  const log = program.log();
  const server: RunningServer = {
    ready: isReady === "ready",
    log: program.log,
    url: `nats://${/Listening for client connections on (\S+)/.exec(log)?.[1]}`,
    monitoring: `http://${/Starting http monitor on (\S+)/.exec(log)?.[1]}`,
    ended: program.ended,
    signal: program.signal,
    async end(signal = "SIGKILL") {
      await program.end(signal);
      running.delete(server);
    },
  };
  if (server.ready) running.add(server);
  return server;
}

/** A server that must not start: what it said. */
export async function refusal(conf: string, env?: NodeJS.ProcessEnv, args?: string[]): Promise<string> {
  const server = await start(conf, { env, args });
  if (server.ready) throw new Error(`it started:\n${server.log()}`);
  return server.log();
}

export async function client(server: RunningServer, options: ConnectionOptions = {}): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, reconnect: false, ...options });
  connections.add(connection);
  return connection;
}

/** Ends everything that this file of tests started. */
export async function endAll(): Promise<void> {
  await Promise.all([...connections].map((connection) => connection.close().catch(() => undefined)));
  await Promise.all([...running].map((server) => server.end()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  connections.clear();
}

/** Servers of one cluster, each with its own part of configuration, once JetStream has a leader. */
export async function startCluster(parts: readonly string[], all = ""): Promise<RunningServer[]> {
  const ports = await freePorts(parts.length);
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ");
  const servers = await Promise.all(
    parts.map((part, i) =>
      start(`
        server_name: s${i}
        listen: "127.0.0.1:-1"
        http: "127.0.0.1:-1"
        jetstream { store_dir: "{dir}/js", max_file_store: 100MB, max_memory_store: 100MB, ${all} }
        cluster { name: test, listen: "127.0.0.1:${ports[i]}", routes: [${routes}] }
        ${part}`),
    ),
  );
  await eventually("every server is healthy", async () => {
    const answers = await Promise.all(servers.map(({ monitoring }) => fetch(`${monitoring}/healthz`)));
    return answers.every(({ ok }) => ok);
  });
  return servers;
}

/** An answer of JetStream: what was made, or why not. */
export interface ApiAnswer {
  error?: { code: number; err_code: number; description: string };
  [key: string]: unknown;
}

/** A request to JetStream as it goes over the wire: nothing is added or checked on the way. */
export async function api(connection: NatsConnection, request: string, body: object = {}): Promise<ApiAnswer> {
  const message = await connection.request(`$JS.API.${request}`, JSON.stringify(body), { timeout: 20_000 });
  return message.json<ApiAnswer>();
}

/** `created`, or the server's reason. */
export async function createStream(connection: NatsConnection, config: { name: string; [key: string]: unknown }) {
  const answer = await api(connection, `STREAM.CREATE.${config.name}`, {
    storage: "memory",
    num_replicas: 1,
    ...config,
  });
  return answer.error?.description ?? "created";
}

/** `created`, or the server's reason. */
export async function createConsumer(
  connection: NatsConnection,
  stream: string,
  config: { durable_name: string; [key: string]: unknown },
) {
  const desired = { ack_policy: "explicit", deliver_policy: "all", ...config };
  const request = `CONSUMER.DURABLE.CREATE.${stream}.${config.durable_name}`;
  const answer = await api(connection, request, { stream_name: stream, config: desired });
  return answer.error?.description ?? "created";
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { findNatsServer } from "../../cli/core/tools";
import { freePorts } from "../support/ports";
import { type Program, startProgram } from "../support/start-program";

const binary = findNatsServer();

/** One nats-server of a test cluster. Its folder, ports and name survive `kill` and `start`. */
export interface TestServer {
  readonly name: string;
  readonly client: string;
  readonly monitoring: string;
  readonly storeDir: string;
  /** What it has logged since it was started. */
  log(): string;
  /** SIGKILL, and only returns once the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM: it ends by itself, with everything noted that it has applied. */
  end(): Promise<void>;
  start(): Promise<void>;
}

export interface TestCluster {
  readonly servers: readonly TestServer[];
  /** A connection to every server, or to those named. Closed by `stop`. */
  connect(...servers: TestServer[]): Promise<NatsConnection>;
  /** Kills the servers, closes the connections and removes the folders. Safe to call twice. */
  stop(): Promise<void>;
}

export interface TestClusterProps {
  /** 1 is a server that is not clustered. */
  readonly size: number;
  /** @default "1s" */
  readonly syncInterval?: string;
  /** Where each server stores; @default folders that `stop` removes */
  readonly storeDirs?: readonly string[];
  /** More configuration, for every server. */
  readonly conf?: string;
}

/** Real servers on free ports: s0, s1, s2, tagged `country:dk`, `country:no`, `country:se`. */
export async function startCluster(props: TestClusterProps): Promise<TestCluster> {
  if (!binary) throw new Error("nats-server is missing: make tools");
  const root = mkdtempSync(join(tmpdir(), "natsform-streams-"));
  const ports = await freePorts(props.size * 3);
  const routes = Array.from({ length: props.size }, (_, i) => `nats-route://127.0.0.1:${ports[i * 3 + 1]}`);
  const connections: NatsConnection[] = [];

  const servers = Array.from({ length: props.size }, (_, i) => {
    const storeDir = props.storeDirs?.[i] ?? join(root, `s${i}`);
    return testServer({
      name: `s${i}`,
      tag: `country:${["dk", "no", "se"][i % 3]}`,
      ports: {
        client: ports[i * 3] as number,
        routes: ports[i * 3 + 1] as number,
        monitoring: ports[i * 3 + 2] as number,
      },
      routes: props.size > 1 ? routes : [],
      storeDir,
      conf: join(root, `s${i}.conf`),
      syncInterval: props.syncInterval ?? "1s",
      more: props.conf ?? "",
    });
  });

  const cluster: TestCluster = {
    servers,
    async connect(...only) {
      const nc = await connect({
        servers: (only.length ? only : servers).map((server) => server.client),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
        waitOnFirstConnect: true,
      });
      connections.push(nc);
      return nc;
    },
    async stop() {
      await Promise.all(connections.splice(0).map((nc) => nc.close().catch(() => undefined)));
      await Promise.all(servers.map((server) => server.kill()));
      rmSync(root, { recursive: true, force: true });
    },
  };

  try {
    await Promise.all(servers.map((server) => server.start()));
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

function testServer(props: {
  name: string;
  tag: string;
  ports: { client: number; routes: number; monitoring: number };
  routes: readonly string[];
  storeDir: string;
  conf: string;
  syncInterval: string;
  more: string;
}): TestServer {
  const { name, ports, storeDir } = props;
  writeFileSync(
    props.conf,
    `
    server_name: ${name}
    server_tags: ["${props.tag}"]
    listen: "127.0.0.1:${ports.client}"
    http: "127.0.0.1:${ports.monitoring}"
    jetstream { store_dir: "${storeDir}", max_memory_store: 256MB, max_file_store: 1GB, sync_interval: ${props.syncInterval} }
    ${props.routes.length ? `cluster { name: test, listen: "127.0.0.1:${ports.routes}", routes: [${props.routes.map((route) => `"${route}"`).join(", ")}] }` : ""}
    ${props.more}
    `,
  );
  let program: Program | undefined;
  return {
    name,
    storeDir,
    client: `nats://127.0.0.1:${ports.client}`,
    monitoring: `http://127.0.0.1:${ports.monitoring}`,
    log: () => program?.log() ?? "",
    async start() {
      program = startProgram(binary as string, ["-c", props.conf], process.env);
      const health = `http://127.0.0.1:${ports.monitoring}/healthz?js-enabled-only=true`;
      await program.until(`${name} answers on its monitoring port`, async () => (await fetch(health)).ok);
    },
    async kill() {
      await program?.end("SIGKILL");
      program = undefined;
    },
    async end() {
      await program?.end("SIGTERM");
      program = undefined;
    },
  };
}

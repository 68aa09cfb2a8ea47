import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AckPolicy, connect } from "nats";
import { eventually } from "./eventually";
import { freePorts } from "./ports";
import { type Program, startProgram } from "./start-program";

/** What the chart gives the exporter; a test compares it with the chart. */
export const exporterArguments = ["-healthz", "-connz", "-routez", "-subz", "-varz", "-prefix=nats"].concat([
  "-use_internal_server_id",
  "-jsz=all",
  "-leafz",
]);

/** A series as the exporter prints it. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Three real servers with JetStream, and an exporter beside each as in a pod. */
export class MetricServers {
  readonly #folder = mkdtempSync(join(tmpdir(), "natsform-metrics-"));
  readonly #servers: Program[] = [];
  readonly #exporters: Program[] = [];
  readonly #ports: number[];

  private constructor(ports: number[]) {
    this.#ports = ports;
  }

  static async start(natsServer: string, exporter: string): Promise<MetricServers> {
    const servers = new MetricServers(await freePorts(15));
    try {
      for (const i of [0, 1, 2]) servers.#server(natsServer, i);
      await eventually("the servers have a leader", async () => (await servers.#leader()) !== "", 90);
      for (const i of [0, 1, 2]) servers.#exporter(exporter, i);
      await servers.#store();
      return servers;
    } catch (error) {
      await servers.stop();
      throw new Error(`${(error as Error).message}\n${servers.#log().slice(-4000)}`);
    }
  }

  #port = (server: number, listener: number) => this.#ports[server * 5 + listener] ?? 0;

  #server(natsServer: string, i: number): void {
    const [client, monitoring, routes, leafnodes] = [0, 1, 2, 3].map((listener) => this.#port(i, listener));
    const others = [0, 1, 2].map((other) => `nats://127.0.0.1:${this.#port(other, 2)}`);
    const file = join(this.#folder, `core-${i}.conf`);
    const account = { jetstream: "enabled", users: [{ user: "app", password: "app" }] };
    const conf = {
      server_name: `core-${i}`,
      listen: `127.0.0.1:${client}`,
      http: `127.0.0.1:${monitoring}`,
      jetstream: { store_dir: join(this.#folder, `core-${i}`), max_mem: 67108864, max_file: 268435456 },
      cluster: { name: "test-core", listen: `127.0.0.1:${routes}`, routes: others },
      leafnodes: { listen: `127.0.0.1:${leafnodes}` },
      accounts: { SYS: {}, APP: account },
      system_account: "SYS",
      no_auth_user: "app",
    };
    writeFileSync(file, JSON.stringify(conf));
    this.#servers.push(startProgram(natsServer, ["-c", file], process.env));
  }

  #exporter(exporter: string, i: number): void {
    const port = this.#port(i, 4);
    const args = ["-addr", "127.0.0.1", `-port=${port}`, ...exporterArguments];
    const of = `http://127.0.0.1:${this.#port(i, 1)}/`;
    this.#exporters.push(startProgram(exporter, [...args, of], process.env));
  }

  #log = () => [...this.#servers, ...this.#exporters].map(({ log }) => log()).join("");

  async #leader(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#port(0, 1)}/jsz`, { signal: AbortSignal.timeout(5000) });
    const { meta_cluster } = (await response.json()) as { meta_cluster?: { leader?: string; cluster_size: number } };
    return meta_cluster?.cluster_size === 3 ? (meta_cluster.leader ?? "") : "";
  }

  /** A stream on all three servers with a consumer and a message. */
  async #store(): Promise<void> {
    const client = await connect({
      servers: `127.0.0.1:${this.#port(0, 0)}`,
      user: "app",
      pass: "app",
      timeout: 20_000,
    });
    try {
      const manager = await client.jetstreamManager({ timeout: 20_000 });
      const name = "ORDERS";
      await eventually("a stream with three replicas", async () => {
        await manager.streams.add({ name, subjects: ["orders.>"], num_replicas: 3 });
        return true;
      });
      await manager.consumers.add(name, { durable_name: "worker", ack_policy: AckPolicy.Explicit });
      await client.jetstream({ timeout: 20_000 }).publish("orders.one", "1");
    } finally {
      await client.close();
    }
  }

  /** Kills a server; its exporter stays. */
  kill(server: number): void {
    this.#servers[server]?.signal("SIGKILL");
  }

  async samples(server: number): Promise<Sample[]> {
    const response = await fetch(`http://127.0.0.1:${this.#port(server, 4)}/metrics`, {
      signal: AbortSignal.timeout(10_000),
    });
    return parseSamples(await response.text());
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#exporters, ...this.#servers].map((program) => program.end("SIGKILL")));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Prometheus' text format. */
export function parseSamples(text: string): Sample[] {
  return text.split("\n").flatMap((line) => {
    const found = /^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>\S+)/.exec(line)?.groups;
    if (!found?.name) return [];
    const labels = [...(found.labels ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    return [
      {
        name: found.name,
        labels: Object.fromEntries(labels.map((match) => [match[1] ?? "", match[2] ?? ""])),
        value: Number(found.value),
      },
    ];
  });
}

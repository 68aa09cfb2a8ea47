import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificateId, ClusterTopology, Topology } from "../../model/topology";
import { chartText } from "./chart-text";
import { eventually } from "./eventually";
import { PodFolders } from "./kubernetes-folders";
import { freePorts } from "./ports";
import { type Program, startProgram } from "./start-program";

type Conf = Record<string, unknown>;

/** The servers of a cluster as real processes with the configuration of the chart, its addresses and paths replaced. */
export class ChartServers {
  readonly ports: Record<"client" | "routes" | "monitoring" | "leafnodes", number>[] = [];
  readonly #servers: Program[] = [];
  readonly #folders: string[] = [];

  private constructor(readonly pod: PodFolders) {
    this.#folders.push(pod.root);
  }

  static async start(
    natsServer: string,
    topology: Topology,
    cluster: ClusterTopology,
    conf: Conf,
  ): Promise<ChartServers> {
    const pod = await PodFolders.make(topology, cluster);
    const servers = new ChartServers(pod);
    const count = cluster.servers.length;
    const ports = await freePorts(count * 5);
    const port = (server: number, listener: number) => ports[server * 5 + listener] ?? 0;
    const routes = cluster.servers.map((_, i) => `tls://127.0.0.1:${port(i, 1)}`);
    for (const [i, { name }] of cluster.servers.entries()) {
      const folder = mkdtempSync(join(tmpdir(), "natsform-server-"));
      servers.#folders.push(folder);
      cpSync(pod.root, folder, { recursive: true });
      const host = "127.0.0.1";
      const at = (key: string, own: Conf) => (conf[key] ? { [key]: { ...(conf[key] as Conf), host, ...own } } : {});
      const placed = {
        ...conf,
        host,
        port: port(i, 0),
        http_port: port(i, 2),
        ...at("cluster", { port: port(i, 1), routes }),
        ...at("leafnodes", { port: port(i, 3) }),
        ...at("websocket", { port: port(i, 4) }),
      };
      const file = join(folder, "etc/nats-config/nats.conf");
      writeFileSync(file, pod.placed(chartText(placed)).replaceAll(pod.root, folder));
      const [client, routesPort, monitoring, leafnodes] = [port(i, 0), port(i, 1), port(i, 2), port(i, 3)];
      servers.ports.push({ client, routes: routesPort, monitoring, leafnodes });
      const env = { PATH: process.env.PATH ?? "", SERVER_NAME: name };
      servers.#servers.push(startProgram(natsServer, ["-c", file], env));
    }
    return servers;
  }

  /** Puts a certificate into place on every server, as a changed Secret does. */
  place(id: CertificateId, pair: { cert: string; key: string }): void {
    const files = this.pod.site.paths.certificate(id);
    for (const folder of this.#folders) {
      writeFileSync(join(folder, files.key), pair.key);
      writeFileSync(join(folder, files.cert), pair.cert);
    }
  }

  /** Puts authorities into place, on some servers or on all. */
  trust(id: CertificateId, authorities: string, only = this.ports.map((_, i) => i)): void {
    const issuer = this.pod.cluster.certificates.find((certificate) => certificate.id === id)?.issuer ?? "internal";
    // The first folder is the pattern of the others.
    for (const i of only) writeFileSync(join(this.#folders[i + 1] ?? "", this.pod.site.paths.ca(issuer)), authorities);
  }

  async ask<T>(server: number, path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.ports[server]?.monitoring}${path}`, {
      signal: AbortSignal.timeout(20_000),
    });
    return (await response.json()) as T;
  }

  /** The last lines of every server's log. */
  get log(): string {
    return this.#servers.map(({ log }) => log().slice(-1500)).join("\n---\n");
  }

  /** Waits until every server is whole: it knows its streams and who leads them. */
  async ready(): Promise<void> {
    try {
      await eventually(
        "every server is healthy",
        async () => {
          const states = await Promise.all(this.ports.map((_, i) => this.ask<{ status: string }>(i, "/healthz")));
          return states.every(({ status }) => status === "ok");
        },
        90,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.log}`);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.end("SIGKILL")));
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";
import { runningProcess, signalProcess, startProcess, stopProcess } from "../../cli/core/processes";
import { type TwinFolder, twinFolder } from "../../cli/core/twin-folder";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { ensureCertificates } from "../../cli/twin/certificates";
import { monitoring } from "../../cli/twin/monitoring";
import { allocatePorts } from "../../cli/twin/ports";
import { twinSite } from "../../cli/twin/site";
import { type EnvironmentInput, parseEnvironment, type Trust } from "../../model/config";
import { buildTopology, type Topology } from "../../model/topology";
import type { Varz } from "../../runtime/client/monitoring";
import { type ConfObject, printConf, serverConf } from "../../templates/nats-conf";
import { eventually, Hopeless } from "./eventually";
import { freePorts } from "./ports";
import { findProgram } from "./programs";

/** The first server of an environment as a real process, with the configuration that the twin would give it. */
export class SingleServer {
  readonly #root = mkdtempSync(join(tmpdir(), "natsform-server-"));
  readonly folder: TwinFolder = twinFolder(this.#root, "test");
  readonly store = new MemoryStore();
  conf: ConfObject = {};
  trust!: Trust;
  topology!: Topology;
  #monitoring = 0;

  /** @param program nats-server, by default of the pinned version */
  constructor(private readonly program = findProgram("nats-server")) {}

  /** Lays out everything, and gives the listeners ports that are free now. */
  async prepare(environment: EnvironmentInput): Promise<void> {
    const parsed = parseEnvironment(environment);
    if (!parsed.environment) throw new Error(JSON.stringify(parsed.problems));
    this.topology = buildTopology(parsed.environment);
    this.trust = (await makeKeys(this.topology, this.store)).trust;
    await ensureCertificates(this.topology, this.folder, new Date());
    for (const { name } of this.topology.identity.users.filter((user) => user.name.startsWith("leaf-"))) {
      const seed = await this.store.read(`user-${name}`);
      writeFileAtomically(this.folder.credentials(`${name}.conf`), `nkey: "${seed}"\n`, 0o600);
    }
    const [cluster] = this.topology.clusters;
    const [server] = cluster?.servers ?? [];
    if (!cluster || !server) throw new Error("the environment has no server");
    const ports = allocatePorts(this.topology, 20_000);
    const listeners = Object.values(ports.servers).flatMap((own) =>
      Object.keys(own).map((listener) => ({ own, listener: listener as keyof typeof own })),
    );
    const free = await freePorts(listeners.length);
    for (const [i, { own, listener }] of listeners.entries()) own[listener] = free[i];
    this.#monitoring = ports.servers[server.name]?.monitoring ?? 0;
    const site = twinSite(this.topology, cluster, server, ports, this.folder);
    this.conf = serverConf({ topology: this.topology, cluster, server, site, trust: this.trust });
  }

  /** Of the first server, whatever its configuration calls it later. */
  get #files() {
    return this.folder.server(this.topology.clusters[0]?.servers[0]?.name ?? "none");
  }

  get log(): string {
    return readFileSync(this.#files.log, "utf8");
  }

  varz = (): Promise<Varz | undefined> => monitoring<Varz>(this.#monitoring, "/varz");

  #write(conf: ConfObject): void {
    this.conf = conf;
    writeFileAtomically(this.#files.conf, printConf(conf), 0o600);
  }

  /** Resolves when the server answers; rejects with its log when it ends instead. */
  async start(conf = this.conf): Promise<void> {
    if (!this.program) throw new Error("nats-server is not built: make tools");
    this.#write(conf);
    await startProcess(this.#files, { command: this.program, args: ["-c", this.#files.conf], env: {} });
    await eventually("the server answers", async () => {
      if (!runningProcess(this.#files)) throw new Hopeless(`it ended: ${this.log}`);
      return (await this.varz()) !== undefined;
    });
  }

  /** Gives the running server another configuration; says whether it took it over. */
  async reload(conf: ConfObject): Promise<{ reloaded: boolean; said: string }> {
    const before = this.log.length;
    const loaded = (await this.varz())?.config_load_time;
    this.#write(conf);
    signalProcess(this.#files, "SIGHUP");
    const verdict = /\[INF\] Reloaded server configuration|\[ERR\] Failed to reload server configuration: .*/;
    const said = await eventually("a word about the reload", () => verdict.exec(this.log.slice(before))?.[0]);
    const reloaded = said.includes("[INF]");
    // Its log says so a moment before its monitoring does.
    const isSeen = async () => (await this.varz())?.config_load_time !== loaded;
    if (reloaded) await eventually("the reload shows", isSeen);
    return { reloaded, said };
  }

  async remove(): Promise<void> {
    if (this.topology) await stopProcess(this.#files, "SIGKILL", 30_000);
    rmSync(this.#root, { recursive: true, force: true });
  }
}

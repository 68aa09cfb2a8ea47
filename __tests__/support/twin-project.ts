import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type RecordedProcess, runningProcess } from "../../cli/core/processes";
import { type TwinFolder, twinFolder } from "../../cli/core/twin-folder";
import type { ConnectFile } from "../../cli/twin/connect-file";
import { monitoring } from "../../cli/twin/monitoring";
import type { EnvironmentInput, Trust } from "../../model/config";
import { type Authentication, NatsClient, type NatsClientOptions } from "../../runtime/client";
import type { Varz } from "../../runtime/client/monitoring";
import { STREAMS_INBOX } from "../../runtime/streams/contract";
import { eventually } from "./eventually";
import { filesBelow } from "./files";
import { jsonOf, type TestProject } from "./project";
import { claimPorts } from "./twin-ports";
import { isAlive } from "./twin-processes";

export interface Part {
  name: string;
  pid?: number;
  address: string;
  state: string;
  ok: boolean;
}

export interface VerifyRow {
  group: string;
  what: string;
  ok: boolean;
  seen: string;
}

/** JetStream's meta group as its leader knows it. */
export interface MetaGroup {
  meta_cluster?: { leader?: string; cluster_size: number; replicas?: { name: string; peer: string }[] };
}

/** What tests alone look at. */
interface MoreOfVarz {
  max_payload: number;
  auth_timeout: number;
  jetstream?: { config?: { sync_always?: boolean } };
}

/** One environment of a test's project with its twin, reached as users reach it: commands, files, ports. */
export class TestTwin {
  readonly folder: TwinFolder;
  readonly #clients: NatsClient[] = [];

  /** @param ports of a twin that does not run any more, where a test has many: a machine has few blocks of them */
  constructor(
    readonly project: TestProject,
    readonly name: string,
    readonly ports = claimPorts(),
  ) {
    this.folder = twinFolder(project.root, name);
  }

  /** Writes the environment and brings its twin up, on ports of its own the first time. */
  async up(environment?: EnvironmentInput): Promise<string> {
    if (environment) this.project.write(environment);
    const first = !existsSync(this.folder.ports);
    return this.project.run("up", this.name, "--yes", ...(first ? ["--ports", this.ports] : []));
  }

  connectFile(): ConnectFile {
    return JSON.parse(readFileSync(this.folder.connect, "utf8")) as ConnectFile;
  }

  /** Names of the servers, of one cluster or of all. */
  servers(cluster?: string): string[] {
    return this.connectFile()
      .servers.filter((server) => cluster === undefined || server.cluster === cluster)
      .map(({ name }) => name);
  }

  /** Everything that runs, by name; from the records, which survive the commands. */
  running(): Record<string, RecordedProcess> {
    const below = (kind: "servers" | "programs") => {
      const root = join(this.folder.root, kind);
      if (!existsSync(root)) return [];
      return readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    };
    const records = [
      ...below("servers").map(({ name }) => [name, runningProcess(this.folder.server(name))] as const),
      ...below("programs").map(({ name }) => [name, runningProcess(this.folder.program(name))] as const),
    ];
    return Object.fromEntries(records.flatMap(([name, record]) => (record ? [[name, record]] : [])));
  }

  pids(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.running()).map(([name, { pid }]) => [name, pid]));
  }

  pid(name: string): number {
    const pid = this.pids()[name];
    if (pid === undefined) throw new Error(`${name} does not run`);
    return pid;
  }

  /** SIGKILL, and only returns once the processes are gone. */
  async kill(...names: string[]): Promise<void> {
    const killed = names.map((name) => this.pid(name));
    for (const pid of killed) process.kill(pid, "SIGKILL");
    await eventually("the end of the killed", () => killed.every((pid) => !isAlive(pid)));
  }

  async ask<T>(server: string, path: string): Promise<T> {
    const address = this.connectFile().servers.find(({ name }) => name === server)?.monitoring ?? "";
    const answer = await monitoring<T>(Number(new URL(address).port), path, 20_000);
    if (!answer) throw new Error(`${server} does not answer ${path}`);
    return answer;
  }

  varz(server: string): Promise<Varz & MoreOfVarz> {
    return this.ask(server, "/varz");
  }

  /** One answer of each server, by its name. */
  async each<T>(value: (server: string) => Promise<T>): Promise<Record<string, T>> {
    const servers = this.servers();
    const values = await Promise.all(servers.map(value));
    return Object.fromEntries(servers.map((server, i) => [server, values[i] as T]));
  }

  digests(): Promise<Record<string, string | undefined>> {
    return this.each(async (server) => (await this.varz(server)).config_digest);
  }

  async status(): Promise<{ code: number; parts: Part[] }> {
    const { code, stdout } = await this.project.natsform("status", this.name, "--json");
    return { code, parts: JSON.parse(stdout)[0].parts as Part[] };
  }

  /** Waits until status finds nothing wrong. What it says is of one moment, and any may be that of an election. */
  async well(): Promise<void> {
    await eventually(`${this.name} is well`, async () => {
      const { code, parts } = await this.status();
      if (code === 0) return true;
      throw new Error(parts.flatMap(({ name, state, ok }) => (ok ? [] : [`${name}: ${state}`])).join("; "));
    });
  }

  /** Waits until status finds these parts wrong and no others. */
  async onlyWrong(...names: string[]): Promise<Part[]> {
    return eventually(`${names.join(" and ")} alone are wrong`, async () => {
      const wrong = (await this.status()).parts.filter(({ ok }) => !ok);
      if (wrong.map(({ name }) => name).join() === names.join()) return wrong;
      throw new Error(`wrong are ${wrong.map(({ name, state }) => `${name}: ${state}`).join("; ")}`);
    });
  }

  /**
   * Waits until every server sends logins to one responder and knows no other: it hears a little later of one that ended.
   *
   * @param places from which it answers
   */
  async onlyResponder(places = 2): Promise<void> {
    type Subjects = { subject: string }[];
    const responders = async (server: string) => {
      const own = await this.ask<{ subscriptions_list?: Subjects }>(server, "/subsz?subs=1&limit=10000");
      const { routes } = await this.ask<{ routes: { subscriptions_list_detail?: Subjects }[] }>(
        server,
        "/routez?subs=detail",
      );
      const others = routes.flatMap(({ subscriptions_list_detail = [] }) => subscriptions_list_detail);
      return [...(own.subscriptions_list ?? []), ...others].filter(({ subject }) => subject === "$SYS.REQ.USER.AUTH")
        .length;
    };
    const alone = async () => Object.values(await this.each(responders)).every((count) => count === places);
    await eventually("the servers know one responder", alone);
  }

  async verify(): Promise<{ code: number; ok: boolean; rows: VerifyRow[] }> {
    const result = await this.project.natsform("verify", this.name, "--json");
    return { code: result.code, ...jsonOf<{ ok: boolean; rows: VerifyRow[] }>(result) };
  }

  async token(sub: string, ...options: string[]): Promise<string> {
    return (await this.project.run("token", this.name, "--sub", sub, ...options)).trim();
  }

  trust(): Trust {
    return JSON.parse(readFileSync(this.folder.trust, "utf8")) as Trust;
  }

  /** Text of a key's private half. */
  seed(key: string): string {
    return readFileSync(join(this.folder.keys, `${key}.key`), "utf8").trim();
  }

  service(name = "api"): Authentication {
    return { kind: "nkey", seed: this.seed(`user-service-${name}`) };
  }

  /** A fixed user, known to the servers themselves. */
  user(name: string): Authentication {
    return { kind: "nkey", seed: this.seed(`user-${name}`) };
  }

  /** A client of one cluster; `close` ends it at the latest. */
  client(authentication: Authentication, options: Partial<NatsClientOptions> & { cluster?: string } = {}): NatsClient {
    const { cluster, ...rest } = options;
    const { servers, caFile } = this.connectFile();
    const addresses = servers.filter((server) => server.cluster === (cluster ?? servers[0]?.cluster));
    const client = new NatsClient({
      servers: addresses.map((server) => server.client),
      caFile,
      authentication,
      connectTimeoutMs: 30_000,
      requestTimeoutMs: 30_000,
      ...rest,
    });
    this.#clients.push(client);
    return client;
  }

  /** Work of who may read every stream of APP: in an environment only natsform's own program may. */
  read<T>(work: (client: NatsClient) => Promise<T>): Promise<T> {
    return this.with(this.user("streams-APP"), work, { inboxPrefix: STREAMS_INBOX });
  }

  /** A client for as long as `work` takes: one that stays makes servers in lame duck mode wait. */
  async with<T>(
    authentication: Authentication,
    work: (client: NatsClient) => Promise<T>,
    options: Partial<NatsClientOptions> & { cluster?: string } = {},
  ): Promise<T> {
    const client = this.client(authentication, options);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  /** Ends the clients. For afterAll, before the project is removed. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()));
  }
}

/** Content and time of every file below a folder, but what servers write by themselves. */
export function fileTimes(folder: string): Record<string, number> {
  const kept = filesBelow(folder).filter((file) => !/(^|\/)(data|log)(\/|$)/.test(file));
  return Object.fromEntries(kept.map((file) => [file, statSync(join(folder, file)).mtimeMs]));
}

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { copyBuilt } from "../../artifacts/copy-built";
import type { CheckResult } from "../../cli/core/rows";
import { judgeHeldAccounts } from "../../cli/deploy/aws/check-accounts";
import { judgeTask, newestRuns } from "../../cli/deploy/aws/check-servers";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { parseEnvironment } from "../../model/config";
import { buildTopology, type Certificate, type CertificateId, clusterOf, type IssuerId } from "../../model/topology";
import type { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import { type ConfObject, printConf, restartDigest, type Site, serverConf } from "../../templates/nats-conf";
import { AgentStore, awsVariables } from "./agent-store";
import { freePort } from "./callout-nats-server";
import { findProgram } from "./programs";
import { platforms, type RichServer, richEnvironment } from "./same-server";
import { type Program, startProgram } from "./start-program";

export const day = 86_400_000;

/**
 * A server of an environment that uses every part of a configuration, the agent beside it, and the store that both live
 * on: each a process of its own.
 */
export class AgentWorld {
  readonly root = mkdtempSync(join(tmpdir(), "natsform-agent-"));
  readonly folder = join(this.root, "etc");
  readonly keys = new MemoryStore();
  readonly #programs: Program[] = [];
  readonly authorities = new Map<IssuerId, KeyPairPem>();
  store!: AgentStore;
  rich!: RichServer;
  conf: ConfObject = {};
  ports!: Site["ports"];
  #bundle = join(this.root, "certificate-agent.js");

  async start(): Promise<void> {
    this.store = await AgentStore.start();
    this.rich = await this.#buildRich();
    const [client, routes, leafnodes, websocket, monitoring] = await Promise.all(Array.from({ length: 5 }, freePort));
    this.ports = { client, routes, leafnodes, websocket, monitoring } as Site["ports"];
    this.conf = this.#buildConf();
    mkdirSync(join(this.root, "run"));
    copyBuilt("programs/certificate-agent.cjs", this.#bundle);
  }

  async #buildRich(): Promise<RichServer> {
    const rich = richEnvironment("callout", platforms["aws-ecs"]);
    const hub = { ...rich.clusters.hub, platform: { ...platforms["aws-ecs"], domain: "hub.example.com" } };
    const { environment, problems } = parseEnvironment({ ...rich, clusters: { ...rich.clusters, hub } });
    if (!environment) throw new Error(JSON.stringify(problems));
    const topology = buildTopology(environment);
    const { trust } = await makeKeys(topology, this.keys);
    return { topology, cluster: clusterOf(topology, "core"), trust };
  }

  get certificates(): Certificate[] {
    return this.rich.cluster.certificates;
  }

  get pidFile(): string {
    return join(this.root, "run/nats.pid");
  }

  path = (...parts: string[]): string => join(this.folder, ...parts);

  #buildConf(): ConfObject {
    const { topology, cluster, trust } = this.rich;
    const [server] = cluster.servers;
    if (!server) throw new Error("the environment has no server");
    const site: Site = {
      host: "127.0.0.1",
      ports: this.ports,
      routes: [`tls://127.0.0.1:${this.ports.routes}`],
      hubs: { hub: ["tls://127.0.0.1:1"] },
      paths: {
        pidFile: this.pidFile,
        storeDir: join(this.root, "data"),
        resolverDir: join(this.root, "resolver"),
        certificate: (id) => ({ cert: this.path("certs", id, "tls.crt"), key: this.path("certs", id, "tls.key") }),
        ca: (issuer) => this.path("ca", `${issuer}.crt`),
        credentials: (user) => this.path("credentials", `${user}.creds`),
        seedInclude: (user) => `credentials/${user}.conf`,
      },
    };
    // Clients of the tests say no PROXY header.
    return { ...serverConf({ topology, cluster, server, site, trust }), proxy_protocol: undefined };
  }

  /** What the certificate-manager would store; made anew at each call. */
  async certificate(id: CertificateId, changes: Partial<{ names: string[]; now: Date }> = {}) {
    const desired = this.certificates.find((certificate) => certificate.id === id);
    if (!desired) throw new Error(`no certificate ${id}`);
    const authority = await this.authority(desired.issuer);
    const { cert, key } = await issueCertificate(authority, {
      names: { dns: changes.names ?? [...desired.names, "localhost", "127.0.0.1"], addresses: ["127.0.0.1"] },
      usages: desired.usages,
      ttlMs: 30 * day,
      now: changes.now ?? new Date(),
    });
    const authorities = desired.issuer === "public" ? "" : authority.cert;
    return { certificate: cert, chain: "", privateKey: key, authorities } satisfies CertificateSecret;
  }

  async authority(issuer: IssuerId): Promise<KeyPairPem> {
    const known = this.authorities.get(issuer);
    if (known) return known;
    const made = await createAuthority(`test ${issuer}`, 3650 * day, new Date());
    this.authorities.set(issuer, made);
    return made;
  }

  secretName = (id: string) => `same-core-certificate-${id}`;

  async putCertificate(id: CertificateId, secret?: unknown): Promise<CertificateSecret> {
    const value = (secret ?? (await this.certificate(id))) as CertificateSecret;
    await this.store.putSecret(this.secretName(id), typeof value === "string" ? value : JSON.stringify(value));
    return value;
  }

  /** As a deployment does it: what is in the bucket has been published before. */
  async putConfig(conf = this.conf, digest = restartDigest(this.conf)): Promise<void> {
    await this.store.publish(printConf(conf), digest);
    await this.store.putConfig(printConf(conf), digest);
  }

  /** The leaf link's user, by the name of its file. */
  get credentials(): { file: string; secret: string; user: string }[] {
    const users = this.rich.cluster.leafLinks.map(({ user }) => user);
    return users.map((user) => ({ file: `${user}.conf`, secret: `same/keys/user-${user}`, user }));
  }

  /** Fills the store with everything that the server needs. */
  async fillStore(): Promise<void> {
    for (const { id } of this.certificates) await this.putCertificate(id);
    for (const { user, secret } of this.credentials) {
      await this.store.putSecret(secret, (await this.keys.read(`user-${user}`)) ?? "");
    }
    await this.putConfig();
  }

  env(): Record<string, string> {
    const { cluster } = this.rich;
    const port = (name: string) => this.ports[name as keyof Site["ports"]];
    return {
      ...awsVariables,
      AWS_ENDPOINT_URL: this.store.proxy.url,
      SERVER_NAME: cluster.servers[0]?.name ?? "",
      CONFIG_BUCKET: this.store.bucket,
      CONFIG_KEY: this.store.key,
      CONFIG_DIGESTS: this.store.digests,
      RESTART_DIGEST: restartDigest(this.conf),
      CERTIFICATES: JSON.stringify(
        this.certificates.map(({ id, issuer, names }) => ({ id, issuer, names, secret: this.secretName(id) })),
      ),
      LISTENERS: JSON.stringify(
        cluster.listeners
          .filter(({ certificates }) => certificates.length > 0)
          .map(({ name, certificates }) => ({ name, port: port(name), certificates })),
      ),
      CREDENTIALS: JSON.stringify(this.credentials.map(({ file, secret }) => ({ file, secret }))),
      CONFIG_FOLDER: this.folder,
      STORE_FOLDER: join(this.root, "data"),
      PID_FILE: this.pidFile,
      MONITORING_PORT: String(this.ports.monitoring),
      POLL_SECONDS: "1",
      HTTP_PORT: "0",
      LOG_LEVEL: "debug",
    };
  }

  #task = 0;
  /** Puts logs where ECS would: in streams of a task of its own. */
  async shipLogs(logs: Record<"agent" | "nats", string>): Promise<void> {
    this.#task++;
    const began = Date.now() - 60_000;
    for (const [container, text] of Object.entries(logs)) {
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      await this.store.putLog(
        `${container}/${container}/${this.#task}`,
        lines.map((message, i) => ({ message, timestamp: began + i })),
      );
    }
  }

  /** What a deployment says of the task whose logs were shipped last. */
  async judgeTask(conf = this.conf): Promise<CheckResult> {
    const task = { taskArn: `arn:aws:ecs:eu-west-1:1:task/test/${this.#task}` };
    const seeds = new Map<string, string>();
    for (const { user, file } of this.credentials) seeds.set(file, (await this.keys.read(`user-${user}`)) ?? "");
    const include = (path: string) => ({ nkey: seeds.get(basename(path)) ?? "" });
    return judgeTask(this.store.logs, this.store.logGroup, task, conf, include);
  }

  /** What it says of the accounts that the task's server holds streams of. */
  async judgeAccounts(): Promise<CheckResult> {
    const task = { taskArn: `arn:aws:ecs:eu-west-1:1:task/test/${this.#task}` };
    const runs = await newestRuns(this.store.logs, this.store.logGroup, task);
    return judgeHeldAccounts(this.rich.topology.identity, this.rich.trust, new Map([["core-0", runs]]));
  }

  startAgent(env: Record<string, string> = {}): Program {
    return this.#start(process.execPath, [this.#bundle], { ...this.env(), ...env });
  }

  startServer(): Program {
    const program = findProgram("nats-server");
    if (!program) throw new Error("nats-server is not built: make tools");
    return this.#start(program, ["-c", this.path("nats.conf")], {});
  }

  /** The same file run for another purpose, such as `health`. */
  runAgent(args: string[], env: Record<string, string>): Program {
    return this.#start(process.execPath, [this.#bundle, ...args], env);
  }

  #start(command: string, args: string[], env: Record<string, string>): Program {
    const program = startProgram(command, args, env);
    this.#programs.push(program);
    return program;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end("SIGKILL")));
    await this.store?.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}

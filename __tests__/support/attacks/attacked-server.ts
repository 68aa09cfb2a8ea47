import { readFileSync } from "node:fs";
import { connect, credsAuthenticator, type NatsConnection, nkeyAuthenticator } from "nats";
import { fromSeed } from "nkeys.js";
import { pino } from "pino";
import { writeFileAtomically } from "../../../artifacts/files";
import { runningProcess, startProcess, stopProcess } from "../../../cli/core/processes";
import { findNatsServer } from "../../../cli/core/tools";
import { deployedValues } from "../../../cli/keys/push";
import { monitoring } from "../../../cli/twin/monitoring";
import type { EnvironmentInput } from "../../../model/config";
import { calloutIssuerSecret, calloutXkeySecret, loginKey } from "../../../model/topology";
import { RESPONDER_INBOX_PREFIX } from "../../../runtime/auth-callout/contract";
import { type NatsAuthCalloutService, startNatsAuthCalloutService } from "../../../runtime/auth-callout/service";
import { type Authentication, NatsClient, serviceInboxPrefix } from "../../../runtime/client";
import { STREAMS_INBOX } from "../../../runtime/streams/contract";
import { toAuthRules } from "../../../templates/callout-rules";
import { type ConfObject, printConf } from "../../../templates/nats-conf";
import { type Issuer, startIssuer } from "../callout-issuer";
import { eventually, Hopeless } from "../eventually";
import { SingleServer } from "../single-server";

/** One server of an environment with the rendered configuration, in any version, and the callout that it asks. */
export class AttackedServer {
  readonly single = new SingleServer();
  #command = "";
  #issuer?: Issuer;
  #service?: NatsAuthCalloutService;
  #responder?: NatsClient;

  get #server() {
    return this.single.topology.clusters[0]?.servers[0]?.name ?? "none";
  }
  get #files() {
    return this.single.folder.server(this.#server);
  }
  port(listener: "client" | "websocket" | "leafnodes" | "routes" | "monitoring"): number {
    const { conf } = this.single;
    const block = {
      client: conf,
      websocket: conf.websocket,
      leafnodes: conf.leafnodes,
      routes: conf.cluster,
      monitoring: { port: conf.http_port },
    };
    return Number((block[listener] as ConfObject | undefined)?.port);
  }
  get caFile(): string {
    return this.single.folder.caBundle;
  }
  get log(): string {
    return readFileSync(this.#files.log, "utf8");
  }
  get lives(): boolean {
    return runningProcess(this.#files) !== undefined;
  }
  /** PEM of a certificate of the cluster. */
  certificate(id: "internal" | "routes" | "leafnodes"): { cert: string; key: string; ca: string } {
    const cluster = this.single.topology.clusters[0]?.name ?? "";
    const files = this.single.folder.certificate(cluster, id);
    return {
      cert: readFileSync(files.cert, "utf8"),
      key: readFileSync(files.key, "utf8"),
      ca: readFileSync(this.single.folder.authority(id, cluster).cert, "utf8"),
    };
  }
  monitor = (path: string) => monitoring<Record<string, unknown>>(this.port("monitoring"), path, 5000);

  /** @param version of the server; the configuration is that of the environment whatever this says */
  async start(
    environment: EnvironmentInput,
    version: string,
    change: (conf: ConfObject) => ConfObject = (conf) => conf,
  ): Promise<void> {
    const command = findNatsServer(version);
    if (!command) throw new Error(`nats-server ${version} is not built`);
    await this.single.prepare(environment);
    this.single.conf = change(this.single.conf);
    writeFileAtomically(this.#files.conf, printConf(this.single.conf), 0o600);
    this.#command = command;
    await this.#run();
  }

  /** Kills the server, and starts it as it was. */
  async restart(): Promise<void> {
    await stopProcess(this.#files, "SIGKILL", 20_000);
    await this.#run();
    if (this.#service) await this.#admits(this.#service);
  }

  async #run(): Promise<void> {
    await startProcess(this.#files, { command: this.#command, args: ["-c", this.#files.conf], env: {} });
    // Its monitoring answers before its other listeners do, and says when all of them do.
    await eventually("the server is up", async () => {
      if (!this.lives) throw new Hopeless(`it ended: ${this.log}`);
      return (await this.monitor("/healthz"))?.status === "ok";
    });
  }

  /** The callout with the environment's rules, in this process. */
  async startCallout(): Promise<void> {
    const { single } = this;
    const issuer = await startIssuer();
    this.#issuer = issuer;
    this.#responder = new NatsClient({
      servers: `tls://127.0.0.1:${this.port("client")}`,
      caFile: this.caFile,
      authentication: await this.#responderLogin(),
      inboxPrefix: RESPONDER_INBOX_PREFIX,
    });
    const deployed = await deployedValues({ topology: single.topology, trust: {} }, single.store);
    const seeds = (secret: string) => deployed.find(({ name }) => name === secret)?.value?.split("\n") ?? [];
    this.#service = await startNatsAuthCalloutService({
      natsService: this.#responder,
      nKeyIssuerSeed: seeds(calloutIssuerSecret),
      xKeyIssuerSeed: seeds(calloutXkeySecret),
      jwtIssuer: issuer.url,
      jwtAudience: issuer.audience,
      natsAuthAccount: single.trust.accounts.AUTH?.publicKey ?? "AUTH",
      rules: toAuthRules(single.topology, single.trust),
      log: pino({ level: "silent" }),
    });
    await this.#admits(this.#service);
  }

  async #admits(service: NatsAuthCalloutService): Promise<void> {
    await eventually("the callout is ready", async () => {
      const { problems } = await service.readiness();
      if (problems.length === 0) return true;
      throw new Error(problems.join("; "));
    });
  }

  async #responderLogin(): Promise<Authentication> {
    const { topology } = this.single;
    const login = await this.seed(loginKey(topology, "responder"));
    return topology.identity.mode === "operator" ? { kind: "creds", creds: login } : { kind: "nkey", seed: login };
  }

  async seed(name: string): Promise<string> {
    const seed = await this.single.store.read(name);
    if (seed === undefined) throw new Error(`there is no seed ${name}`);
    return seed;
  }
  async token(claims: Record<string, unknown>): Promise<string> {
    if (!this.#issuer) throw new Error("the callout does not run");
    return this.#issuer.token(claims);
  }

  /** Runs with a connection that has no defaults of ours, and closes it. */
  async as<T>(
    login: { token: string } | { user: string } | object,
    run: (connection: NatsConnection) => Promise<T>,
  ): Promise<T> {
    const { user, ...rest } = login as { user?: string };
    const seed = user === undefined ? undefined : new TextEncoder().encode(await this.seed(`user-${user}`));
    const creds = user === undefined ? undefined : await this.single.store.read(`creds-${user}`);
    const own = creds
      ? { authenticator: credsAuthenticator(new TextEncoder().encode(`${creds}\n`)) }
      : seed
        ? { authenticator: nkeyAuthenticator(seed) }
        : rest;
    // Services and programs have inboxes of their own; the system user has any.
    const program = user?.startsWith("streams-") ? STREAMS_INBOX : undefined;
    const prefix = seed && user !== "sys" ? (program ?? serviceInboxPrefix(fromSeed(seed).getPublicKey())) : undefined;
    const inbox = prefix ? { inboxPrefix: prefix } : {};
    const connection = await connect({
      servers: `tls://127.0.0.1:${this.port("client")}`,
      tls: { caFile: this.caFile },
      reconnect: false,
      timeout: 60_000,
      ...own,
      ...inbox,
    });
    try {
      return await run(connection);
    } finally {
      await connection.close();
    }
  }

  async remove(): Promise<void> {
    await this.#service?.stop();
    await this.#responder?.close();
    await this.#issuer?.stop();
    if (this.single.topology) await stopProcess(this.#files, "SIGKILL", 5000);
    await this.single.remove();
  }
}

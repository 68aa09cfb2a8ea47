import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { pairDigest } from "../common/server-report";
import { storedStreams } from "../common/stored-streams";
import { confValues } from "./conf-keys";
import type { CertificateAgentEnv } from "./env";
import { servedFingerprint } from "./handshake";
import { serveHttp } from "./http";
import { buildMetrics, type Metrics } from "./metrics";
import { OpenProblems } from "./open-problems";
import { reloadServer } from "./reload-server";
import { RunsReport } from "./runs-report";
import { servedChecks } from "./served-certificates";
import { ServerFiles } from "./server-files";
import { ServerProcess } from "./server-process";
import type { Store } from "./store";
import { type Change, Updater } from "./update";

export interface AgentProps {
  env: CertificateAgentEnv;
  store: Store;
  log: Logger;
  /** Ends the agent. */
  signal: AbortSignal;
}

const reloadMs = 10_000;
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

/** Puts files in place and keeps them current, until it is aborted. */
export async function runAgent({ env, store, log, signal }: AgentProps): Promise<void> {
  const files = new ServerFiles(env.CONFIG_FOLDER, {
    certificates: env.CERTIFICATES,
    credentials: env.CREDENTIALS,
    authorities: env.AUTHORITIES,
  });
  const metrics = buildMetrics(() => files.missing().length);
  const http = await serveHttp({ host: env.HTTP_HOST, port: env.HTTP_PORT }, () => files.missing(), metrics.registry);
  log.info({ httpPort: http.port, poll: env.POLL_SECONDS }, "started");
  const agent = new Agent(env, store, files, metrics, log, signal);
  try {
    await agent.run();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await http.close();
  }
}

class Agent {
  readonly #openProblems: OpenProblems;
  readonly #updater: Updater;
  readonly #server: ServerProcess;
  readonly #report: RunsReport;
  /** Changes that the server has not loaded yet. */
  #pending: Change[] = [];
  /** Certificates that the last check found served; a handshake a minute would only fill the server's log. */
  #servedAsOf = "";
  /** What the server was last seen to have loaded, by certificate. */
  #loaded?: Record<string, string>;

  constructor(
    readonly env: CertificateAgentEnv,
    store: Store,
    readonly files: ServerFiles,
    readonly metrics: Metrics,
    readonly log: Logger,
    readonly signal: AbortSignal,
  ) {
    this.#openProblems = new OpenProblems(log);
    this.#updater = new Updater({ env, store, files, openProblems: this.#openProblems, metrics, log });
    this.#server = new ServerProcess({ pidFile: env.PID_FILE, monitoringPort: env.MONITORING_PORT, reloadMs });
    this.#report = new RunsReport(log, this.#openProblems);
  }

  async run(): Promise<void> {
    let retryMs = firstRetryMs;
    let isReady = false;
    while (!this.signal.aborted) {
      await this.#cycle().then(
        () => this.#openProblems.close("agent"),
        (error: Error) => this.signal.aborted || this.#openProblems.open("agent", error.message),
      );
      const missing = this.files.missing();
      if (missing.length === 0 && !isReady) this.log.info("everything is in place");
      isReady = missing.length === 0;
      if (!isReady) this.log.warn({ missing, retryMs }, "the server cannot start yet");
      await sleep(isReady ? this.env.POLL_SECONDS * 1000 : retryMs, undefined, { signal: this.signal });
      retryMs = isReady ? firstRetryMs : Math.min(2 * retryMs, lastRetryMs);
    }
  }

  async #cycle(): Promise<void> {
    this.#pending.push(...(await this.#updater.update()));
    const { files, metrics, log, signal } = this;
    const props = { files, server: this.#server, openProblems: this.#openProblems, metrics, log, signal };
    const isCurrent = await reloadServer(this.#pending, props);
    if (isCurrent) {
      this.#pending = [];
      if (await this.#verifyServed()) this.#loaded = this.#inPlace();
    }
    const found = { loaded: this.#loaded, holds: storedStreams(this.env.STORE_FOLDER) };
    this.#report.say(await this.#server.state(), found, new Date());
    if (isCurrent && this.#openProblems.none) metrics.succeeded(new Date());
  }

  #inPlace(): Record<string, string> {
    return Object.fromEntries(
      this.env.CERTIFICATES.flatMap(({ id }) => {
        const certificate = this.files.certificates.read(id);
        return certificate
          ? [[id, pairDigest({ certificate: certificate.crt, authorities: certificate.authorities })]]
          : [];
      }),
    );
  }

  /**
   * Checks by handshake every name whose certificate changed, or was not served at the last check.
   *
   * @returns whether each is served as in place
   */
  async #verifyServed(): Promise<boolean> {
    const { LISTENERS: listeners, CERTIFICATES: certificates } = this.env;
    const proxied = confValues(this.files.conf() ?? "").get("proxy_protocol") === "true";
    const inPlace = (id: string) => this.files.certificates.read(id);
    const checks = servedChecks({ listeners, certificates, inPlace, proxied });
    const desired = JSON.stringify(checks.map(({ listener, name, fingerprint }) => [listener, name, fingerprint]));
    if (desired === this.#servedAsOf) return true;
    const results = await Promise.all(
      checks.map(async ({ listener, name, fingerprint, handshake }) => {
        const what = `${listener} ${name}`;
        const problem = await servedFingerprint(handshake).then(
          (served) => (served === fingerprint ? undefined : "it serves another certificate than the one in place"),
          (error: Error) => `it cannot be verified: ${error.message}`,
        );
        this.metrics.served(listener, name, problem === undefined);
        if (problem) this.#openProblems.open(what, problem);
        else this.#openProblems.close(what);
        return problem === undefined;
      }),
    );
    if (!results.every(Boolean)) return false;
    this.log.info({ names: checks.map(({ listener, name }) => `${listener} ${name}`) }, "served as in place");
    this.#servedAsOf = desired;
    return true;
  }
}

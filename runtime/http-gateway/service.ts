import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { NatsClient } from "../client";
import { errorMessage } from "../common/error-message";
import { parseServers } from "../common/servers";
import { EventStreams } from "./event-streams";
import { Exchange } from "./exchange";
import { Feeds } from "./feed";
import { callersServer, listening, stopped } from "./http-server";
import { KeptAnswers } from "./idempotency";
import { buildMetrics, type Metrics } from "./metrics";
import { ownSource } from "./own-source";
import { Pool } from "./pool";
import type { GatewaySpec } from "./spec";
import { TicketHome } from "./ticket-home";
import { Tickets } from "./tickets";
import { UserConnection } from "./user-connection";

export interface HttpGatewayOptions {
  spec: GatewaySpec;
  /** `tls://` addresses, separated by commas. */
  servers: string;
  /** CA certificates of the servers, where Node does not trust them. */
  ca?: string;
  /** Of the gateway's own service. */
  seed: string;
  sentinel?: string;
  http: { host: string; port: number };
  adminPort: number;
  drainMs: number;
  log: Logger;
}

export interface HttpGateway {
  port: number;
  adminPort: number;
  /** Ends readiness, then streams, then the rest. */
  stop(): Promise<void>;
}

const KEPT_ANSWERS = 20_000;
const LONGEST_HEARTBEAT_MS = 15_000;
/** Requests that are at work when the gateway stops have this long. */
const STOP_MS = 15_000;

/** Starts a gateway. Resolves when it listens: NATS may still be away, and requests are told so. */
export async function startHttpGateway(options: HttpGatewayOptions): Promise<HttpGateway> {
  const { spec, ca, seed, sentinel, http, log } = options;
  const servers = parseServers(options.servers);
  const client = new NatsClient({
    servers,
    ca,
    authentication: { kind: "nkey", seed, sentinel },
    name: "http-gateway itself",
  });
  const { account, calloutTimeoutMs, limits, balancerIdleMs } = spec;
  const cluster = { servers, ca, sentinel, account, calloutTimeoutMs };
  const now = Date.now;
  const source = ownSource(client);
  const pool = new Pool({ open: (caller) => UserConnection.open(caller, cluster), ...limits, now });
  const feeds = new Feeds(source);
  const metrics: Metrics = buildMetrics({
    connections: () => pool.count,
    feeds: () => feeds.count,
    connected: () => client.health().connected,
  });
  const events = new EventStreams({
    source,
    feeds,
    limit: limits.eventStreams,
    // Two of them fit into the time after which something in the way closes what is idle.
    heartbeatMs: Math.min(LONGEST_HEARTBEAT_MS, balancerIdleMs / 2),
    now,
    random: Math.random,
    slow: metrics.slow,
  });
  metrics.readersAre(() => events.count);
  let isDraining = false;
  let hasConnected = false;
  let isStopped = false;
  const home = randomBytes(12).toString("hex");
  const ticketHome = new TicketHome(client, seed);
  const tickets = new Tickets({ secret: seed, now, home, ask: (...of) => ticketHome.ask(...of) });
  const exchange = new Exchange({
    spec,
    pool,
    storing: { kept: new KeptAnswers(KEPT_ANSWERS, now), secret: seed, readStored: source.stored },
    events,
    tickets,
    metrics,
    log,
    now,
    isDraining: () => isDraining,
  });
  const front = callersServer((req, res) => void exchange.handle(req, res), balancerIdleMs);
  const admin = adminServer(metrics, () => [
    ...(isDraining ? ["it is about to stop"] : []),
    ...(hasConnected ? [] : [`it has not reached NATS yet: ${client.health().lastError ?? "no answer"}`]),
  ]);
  const port = await listening(front, http.host, http.port);
  const adminPort = await listening(admin, http.host, options.adminPort);
  log.info({ port, adminPort, servers }, "started");

  const connecting = (async () => {
    while (!isStopped && !hasConnected) {
      try {
        // Before it is ready: what it gives, another process may have to ask for at once.
        await ticketHome.listen(home, (id, until) => tickets.useUp(id, until));
        hasConnected = true;
      } catch (error) {
        log.warn({ problem: errorMessage(error) }, "NATS is not reached yet");
        await sleep(500 + Math.random() * 500);
      }
    }
  })();
  const timer = setInterval(() => {
    pool.sweep();
    events.beat();
  }, 1000);

  return {
    port,
    adminPort,
    async stop() {
      isDraining = true;
      await sleep(options.drainMs);
      events.drain();
      await stopped(front, STOP_MS);
      isStopped = true;
      clearInterval(timer);
      await pool.close();
      await client.close();
      await connecting;
      await stopped(admin, 1000);
    },
  };
}

/** `/healthz` (the process runs), `/readyz` (requests may be sent) and `/metrics`. */
function adminServer({ registry }: Metrics, problems: () => string[]) {
  return createServer(async (req, res) => {
    const answer = (status: number, body: unknown) =>
      res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (req.url === "/healthz") return answer(200, { status: "ok" });
    if (req.url === "/readyz") {
      const found = problems();
      return answer(found.length === 0 ? 200 : 503, {
        status: found.length === 0 ? "ready" : "not ready",
        problems: found,
      });
    }
    if (req.url !== "/metrics") return answer(404, {});
    const text = await registry.metrics();
    res.writeHead(200, { "content-type": registry.contentType }).end(text);
  });
}

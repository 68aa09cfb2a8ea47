import { type Logger, pino } from "pino";
import type { NatsClient } from "../client";
import { signingKey } from "../nkeys/nkey";
import { Clients } from "./clients";
import { SERVERS_REQUEST_SUBJECT } from "./contract";
import { type HandlerContext, handleRequest } from "./handler";
import { buildHttp, listen, type Readiness } from "./http";
import { getText } from "./https-get";
import { buildIssuers } from "./issuers";
import { readKeySet, type TokenAlgorithm } from "./jwks";
import { KeyStore } from "./key-store";
import { KnownServers } from "./known-servers";
import { logOutcome } from "./log-outcome";
import { buildMetrics, type Metrics } from "./metrics";
import { type Probes, probesFor } from "./probe";
import { Responder, type ResponderOptions, type Source } from "./responder";
import type { AuthRules } from "./rules";
import { Seats } from "./seats";
import { readSeeds } from "./seeds";
import { ServerRequests } from "./server-requests";
import { type SubscriptionPermissions, withSubscriptions } from "./subscriptions";
import { verifyToken } from "./token";
import { xkey } from "./xkey";

/** Options of {@link startNatsAuthCalloutService}. Seeds are lists, or text with commas or line ends between them. */
export interface NatsAuthCalloutOptions {
  /**
   * Makes a client, logged in as the responder's user (`RESPONDER_PERMISSIONS`) with `RESPONDER_INBOX_PREFIX`. The responder
   * holds two, at two servers, takes another one before a server ends, and closes all of them when it stops.
   *
   * A client instead of a function is the only one: requests that its server took when it ends are lost. Its creator closes it,
   * after the service has stopped.
   */
  natsService: NatsClient | (() => NatsClient);
  /** `SA…`: the current issuer first, then previous ones; in operator mode also the signers of all accounts. */
  nKeyIssuerSeed: string | readonly string[];
  /** `SX…`: the current one first, then previous ones. */
  xKeyIssuerSeed: string | readonly string[];
  /** The exact `iss` of tokens. */
  jwtIssuer: string;
  /** Value that tokens have as `aud`, or among it. */
  jwtAudience: string;
  /** @default ["RS256"] */
  algorithms?: readonly TokenAlgorithm[];
  /** @default `.well-known/jwks.json` below the issuer */
  jwksUri?: string;
  /** CA certificates to trust for `jwksUri` instead of Node's. */
  jwksCa?: string;
  /** @default 30 */
  clockSkewSeconds?: number;
  /** The callout account: its name in configuration mode, its public key in operator mode. */
  natsAuthAccount: string;
  rules: AuthRules;
  /** Permissions of every user, in addition to the rules. */
  subscriptions?: readonly SubscriptionPermissions[];
  /**
   * Returns whether requests of a server are answered, by its public nkey.
   * @default true for servers that introduce themselves when the responder asks in the callout account
   */
  isKnownServer?: (serverId: string) => boolean;
  /** Address for health and metrics; port 0 takes a free one. Without it nothing listens. */
  http?: { host: string; port: number };
  log?: Logger;
}

/** A running responder. */
export interface NatsAuthCalloutService {
  /** Without problems when requests would be answered. */
  readiness(): Promise<Readiness>;
  /** Port of health and metrics. */
  httpPort?: number;
  /** Takes no more requests and answers those that it took. */
  stop(): Promise<void>;
}

/** Leaves room for the rest of the work in the 2 s that servers wait by default. */
const FETCH_TIMEOUT_MS = 1000;
const MAX_KEY_SET_BYTES = 128 * 1024;

/** Address at which an issuer publishes its keys by default. */
export const defaultJwksUri = (issuer: string): string => `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`;

/**
 * Answers the authorization requests of NATS servers with permissions from OIDC tokens and service nkeys.
 *
 * Resolves as soon as it has started: NATS and the issuer may still be down, and it recovers from both alone.
 *
 * @throws Error when a seed or a rule is wrong, or the rules need a seed that is missing
 */
export async function startNatsAuthCalloutService(options: NatsAuthCalloutOptions): Promise<NatsAuthCalloutService> {
  const { natsService, natsAuthAccount, jwtIssuer, log = pino() } = options;
  const { algorithms = ["RS256"], jwksUri = defaultJwksUri(jwtIssuer), clockSkewSeconds = 30 } = options;
  const rules = withSubscriptions(options.rules, options.subscriptions ?? []);
  const xkeys = keysOf("xKeyIssuerSeed", readSeeds(options.xKeyIssuerSeed, "SX", xkey));
  const issuerKeys = keysOf(
    "nKeyIssuerSeed",
    readSeeds(options.nKeyIssuerSeed, "SA", (seed) => signingKey("A", seed)),
  );
  const issuers = buildIssuers(rules, natsAuthAccount, issuerKeys);

  // Each part is given what was made before it, and nothing runs or listens until all of them are there.
  const clients = new Clients(natsService);
  const metrics = buildMetrics(() => clients.health());
  const keys = new KeyStore({
    async load() {
      const bounds = { timeoutMs: FETCH_TIMEOUT_MS, maxBytes: MAX_KEY_SET_BYTES, ca: options.jwksCa };
      return readKeySet(await getText(jwksUri, bounds), algorithms);
    },
    onLoad: noteLoad(metrics, log, jwksUri),
  });
  const serverRequests = new ServerRequests();
  const servers = new KnownServers({ serverRequests });
  const addressee = rules.mode === "callout" ? issuers.current.envelope.publicKey : natsAuthAccount;
  const probes = probesFor(addressee, xkeys[0].publicKey);
  const findKey = (kid: string) => keys.find(kid);
  const tokens = { issuer: jwtIssuer, audience: options.jwtAudience, algorithms, clockSkewSeconds, findKey };
  const handle = answerWith({
    context: {
      rules,
      issuers,
      requests: { xkeys, clockSkewSeconds },
      verifyToken: (token, at) => verifyToken(token, tokens, at),
      now,
    },
    isKnown: {
      server: options.isKnownServer ?? ((id, name) => servers.has(id, name)),
      probe: (id) => id === probes.serverId,
    },
    metrics,
    log,
  });
  const onProblem = (problem: string) => log.warn({ problem }, "requests are not answered");
  const seats = new Seats({
    clients,
    responder: (client) => new Responder({ client, handle, serverRequests, servers, onProblem }),
    servers: () => servers.count,
    onMove: (move) => log.info(move, "moved to another server"),
  });
  const readiness = readinessOf(seats, probes, keys, options.isKnownServer ? undefined : servers);

  const http = options.http && (await listen(buildHttp(readiness, metrics.registry), options.http));
  log.info({ servers: clients.health().servers, jwksUri, httpPort: http?.port }, "started");
  void keys.start();
  seats.start();
  servers.start();

  return {
    readiness,
    httpPort: http?.port,
    async stop() {
      await seats.stop();
      servers.stop();
      keys.stop();
      await http?.close();
    },
  };
}

const noteLoad =
  (metrics: Metrics, log: Logger, jwksUri: string) =>
  ({ error }: { error?: Error }): void => {
    metrics.jwksFetched(error ? "failure" : "success");
    if (error) log.warn({ jwksUri, problem: error.message }, "the issuer's keys could not be loaded");
  };

interface AnswerProps {
  context: HandlerContext;
  /** Check of the sending server, by the origin of the message. */
  isKnown: Record<Source, NonNullable<HandlerContext["isKnownServer"]>>;
  metrics: Metrics;
  log: Logger;
}

/** Handler of a responder's messages: answers each, and counts and logs those of servers. */
const answerWith =
  ({ context, isKnown, metrics, log }: AnswerProps): ResponderOptions["handle"] =>
  async (message, senderXkey, source) => {
    const start = performance.now();
    const outcome = await handleRequest(message, senderXkey, { ...context, isKnownServer: isKnown[source] });
    if (source === "server") {
      const durationMs = performance.now() - start;
      metrics.decided(outcome, durationMs / 1000);
      logOutcome(log, outcome, durationMs);
    }
    return outcome.verdict === "refused" ? undefined : outcome.reply;
  };

/** @param servers those that introduced themselves; undefined where servers are known by other means */
const readinessOf =
  (seats: Seats, probes: Probes, keys: KeyStore, servers: KnownServers | undefined) => async (): Promise<Readiness> => {
    const problem = await seats.probe(() => probes.make(now()));
    const problems = [
      ...(keys.usable ? [] : ["the issuer's keys are not loaded"]),
      ...(servers?.count === 0 ? [`no NATS server has answered ${SERVERS_REQUEST_SUBJECT}`] : []),
      ...(problem ? [problem] : []),
    ];
    return { problems };
  };

/** Seconds since the epoch. */
const now = () => Math.floor(Date.now() / 1000);

function keysOf<Key>(option: string, { keys, problems }: { keys: Key[]; problems: string[] }): [Key, ...Key[]] {
  const [first, ...rest] = keys;
  if (problems.length > 0 || first === undefined) throw new Error(`${option} ${problems.join("; ")}`);
  return [first, ...rest];
}

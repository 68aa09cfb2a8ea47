import { randomBytes } from "node:crypto";
import { createAccount, createCurve } from "nkeys.js";
import { pino } from "pino";
import { AUTH_REQUEST_SUBJECT } from "../../../runtime/auth-callout/contract";
import { REQUEST_AUDIENCE, SERVER_XKEY_HEADER } from "../../../runtime/auth-callout/request";
import type { AuthRules } from "../../../runtime/auth-callout/rules";
import { type NatsAuthCalloutOptions, startNatsAuthCalloutService } from "../../../runtime/auth-callout/service";
import { throwawayXkey } from "../../../runtime/auth-callout/xkey";
import { headers, type Msg, type NatsClient, type NatsConnection } from "../../../runtime/client";
import { signNatsJwt } from "../../../runtime/nkeys/nats-jwt";
import { formatPublicKey, signingKeyFromBytes } from "../../../runtime/nkeys/nkey";
import { claimsOf, seedOf } from "../callout-keys";

/** The service as it runs, with its own time limits; only NATS itself is left out. */
export interface ServiceWithoutNats {
  /** The answer to one login, and how long it took; rejects when there is none within what servers wait. */
  login(token: string): Promise<{ answer: string; milliseconds: number }>;
  stop(): Promise<void>;
}

/** What nats-server waits for an answer by default. */
const SERVER_TIMEOUT_MS = 2000;
const STEP_MS = 20;

/**
 * Calls back after a time in which this process ran. The service runs in it as well: while a busy machine lets neither of
 * them do anything, no time passes.
 *
 * @returns what stops it
 */
function afterRunning(milliseconds: number, done: () => void): () => void {
  let left = milliseconds;
  // It never makes up for steps that were missed.
  const timer = setInterval(() => {
    left -= STEP_MS;
    if (left > 0) return;
    clearInterval(timer);
    done();
  }, STEP_MS);
  return () => clearInterval(timer);
}

const rules: AuthRules = {
  mode: "callout",
  accounts: { APP: { id: "APP" } },
  permissions: [{ account: "APP", publish: { allow: [] }, subscribe: { allow: ["user.{sub}.>"] } }],
  services: {},
  maxLifetimeSeconds: 3600,
};

export async function startServiceWithoutNats(
  oidc: Pick<NatsAuthCalloutOptions, "jwtIssuer" | "jwtAudience" | "jwksUri" | "jwksCa">,
): Promise<ServiceWithoutNats> {
  const [issuer, xkey] = [createAccount(), createCurve()];
  const callbacks = new Map<string, (error: null, message: Msg) => void>();
  const connection = {
    subscribe(subject: string, { callback }: { callback: (error: null, message: Msg) => void }) {
      callbacks.set(subject, callback);
      return { drain: () => Promise.resolve() };
    },
    flush: () => Promise.resolve(),
    closed: () => new Promise(() => undefined),
    publish: () => undefined,
    isClosed: () => false,
  } as unknown as NatsConnection;
  const natsService = {
    connection: () => Promise.resolve(connection),
    health: () => ({ connected: true, servers: [], reconnects: 0 }),
  } as unknown as NatsClient;
  const server = serverOf(issuer.getPublicKey(), xkey.getPublicKey());
  const service = await startNatsAuthCalloutService({
    natsService,
    nKeyIssuerSeed: seedOf(issuer),
    xKeyIssuerSeed: seedOf(xkey),
    natsAuthAccount: "AUTH",
    rules,
    isKnownServer: (id) => id === server.id,
    log: pino({ level: "silent" }),
    ...oidc,
  });
  return {
    async login(token) {
      const deliver = callbacks.get(AUTH_REQUEST_SUBJECT);
      if (!deliver) throw new Error("the service does not listen");
      const message = server.request(token);
      const start = performance.now();
      const reply = await new Promise<Uint8Array>((resolve, reject) => {
        const late = () => reject(new Error("no answer within what servers wait"));
        const stop = afterRunning(SERVER_TIMEOUT_MS, late);
        const respond = (bytes: Uint8Array) => {
          stop();
          resolve(bytes);
        };
        deliver(null, { ...message, respond } as unknown as Msg);
      });
      const { nats } = server.open(reply);
      return { answer: nats.jwt ? "admitted" : String(nats.error), milliseconds: performance.now() - start };
    },
    stop: () => service.stop(),
  };
}

/** What a server sends and reads, with node:crypto: nkeys.js would need longer than the callout. */
function serverOf(addressee: string, calloutXkey: string) {
  const [key, xkey] = [signingKeyFromBytes("N", randomBytes(32)), throwawayXkey()];
  const header = headers();
  header.set(SERVER_XKEY_HEADER, xkey.publicKey);
  return {
    id: key.publicKey,
    request(token: string) {
      const now = Math.floor(Date.now() / 1000);
      const nats = {
        server_id: { name: "core-0", host: "10.0.0.1", id: key.publicKey, xkey: xkey.publicKey },
        user_nkey: formatPublicKey("U", randomBytes(32)),
        client_info: { host: "10.0.0.9", kind: "Client", type: "nats" },
        connect_opts: { protocol: 1, auth_token: token },
        type: "authorization_request",
      };
      const jwt = signNatsJwt({ aud: REQUEST_AUDIENCE, exp: now + 2, sub: addressee }, nats, key, now);
      return { data: xkey.seal(Buffer.from(jwt), calloutXkey), headers: header };
    },
    open: (reply: Uint8Array) => claimsOf(Buffer.from(xkey.open(reply, calloutXkey) ?? []).toString("utf8")),
  };
}

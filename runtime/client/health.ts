import type { IncomingMessage, ServerResponse } from "node:http";
import type { ConnectionState } from "./connection";

/** What a health endpoint tells of a client. */
export interface ClientHealth {
  /** Fit to be sent requests: for a readiness check. A client that was never used is. */
  ready: boolean;
  /** Why it is not, one sentence for each reason. */
  problems: readonly string[];
  /** What does not keep it from working. */
  warnings: readonly string[];
  nats: {
    connected: boolean;
    /** The servers, without any login. */
    url: string;
    /** Logins that servers turned down since the last that they took. */
    refusals: number;
    reconnects: number;
    lastError?: string;
  };
}

/** Health as a whole, of its parts. */
export function buildHealth(
  { connected, idle, closed, refusals, reconnects, lastError }: Readonly<ConnectionState>,
  servers: readonly string[],
  problems: readonly string[],
  warnings: readonly string[],
): ClientHealth {
  const away =
    closed || idle || connected
      ? []
      : [`${refusals > 0 ? "refused by" : "not connected to"} NATS${lastError === undefined ? "" : `: ${lastError}`}`];
  const found = [...(closed ? ["the client is closed"] : []), ...away, ...problems];
  const nats = {
    connected,
    url: servers.join(","),
    refusals,
    reconnects,
    ...(lastError !== undefined && { lastError }),
  };
  return { ready: found.length === 0, problems: found, warnings, nats };
}

/**
 * Handler of `GET /api/health` for `node:http` and what is built on it: 200 when ready, else 503. A liveness check needs
 * no more than an answer: restarting a program does not bring its server back.
 */
export const healthHandler =
  (client: { health(): ClientHealth }) =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    const health = client.health();
    response.writeHead(health.ready ? 200 : 503, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(health));
  };

import { type Addresses, NATS_CONFIG } from "./addresses";
import { authenticators } from "./authentication";
import { Connection, type ConnectionEvent } from "./connection";
import { checkInboxPrefix } from "./names";
import type { Logger } from "./observe/log";
import type { ClientOptions } from "./options";
import { nats3 } from "./transport/nats3";

/** The connection of a client, as its options say. @throws InvalidMessageError for a wrong inbox prefix */
export function connectionOf(options: ClientOptions, addresses: Addresses, logger: Logger): Connection {
  const { authentication = { kind: "none" }, caFile, ca, tlsServername, inboxPrefix } = options;
  if (inboxPrefix !== undefined) checkInboxPrefix(inboxPrefix);
  return new Connection({
    transport: options.transport ?? nats3,
    addresses,
    login: authenticators(authentication, (problem) => logger.warn({ error: problem }, "NATS login")),
    tls: {
      ...(caFile !== undefined && { caFile }),
      ...(ca !== undefined && { ca }),
      ...(tlsServername !== undefined && { servername: tlsServername }),
    },
    name: options.name,
    inboxPrefix,
    connectTimeoutMs: options.connectTimeoutMs ?? NATS_CONFIG.CONNECTION_TIMEOUT,
    pingIntervalMs: options.pingIntervalMs ?? 25_000,
    reconnectSpreadMs: options.reconnectSpreadMs ?? 2000,
  });
}

/** What happens to a connection, as lines of the log. */
export function logConnection(logger: Logger, event: ConnectionEvent): void {
  if (event.kind === "connected") logger.info({ server: event.server }, "NATS connected");
  if (event.kind === "reconnected") logger.info({}, "NATS reconnected");
  if (event.kind === "disconnected") logger.warn({}, "NATS disconnected");
  if (event.kind === "closed") logger.info({}, "NATS connection closed");
  if (event.kind === "refused" || event.kind === "error") logger.warn({ error: event.reason }, `NATS ${event.kind}`);
  if (event.kind === "denied") logger.error({ operation: event.operation, subject: event.subject }, "NATS denied");
}

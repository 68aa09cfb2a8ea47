import { type Addresses, addressesOf, NATS_CONFIG } from "./addresses";
import { connectionOf, logConnection } from "./client-connection";
import type { Connection } from "./connection";
import { Consumers } from "./jetstream/consumers";
import type { StoreParts } from "./jetstream/publish-stored";
import { type Logger, logObserver, silent } from "./observe/log";
import { Metrics } from "./observe/metrics";
import { Observers } from "./observe/observers";
import { tracingObserver } from "./observe/tracing";
import type { ClientOptions } from "./options";
import type { RequestSettings } from "./requests";
import { Resilience } from "./resilience";
import { InFlight } from "./serve/in-flight";
import { Service } from "./serve/service";
import { StandingSubscriptions } from "./serve/standing";

/** What a client is made of. */
export interface ClientParts {
  addresses: Addresses;
  connection: Connection;
  subscriptions: StandingSubscriptions;
  /** Handlers that are at work. */
  inFlight: InFlight;
  /** Aborted when handlers are not waited for any longer. */
  stopping: AbortController;
  logger: Logger;
  metrics?: Metrics;
  observers: Observers;
  requests: RequestSettings;
  store: StoreParts;
  service: Service;
  consumers: Consumers;
}

/**
 * The parts of a client, as its options say. Nothing is dialled yet.
 *
 * @throws ServersError for addresses that must not be dialled, InvalidMessageError for a wrong inbox prefix
 */
export function partsOf(options: ClientOptions): ClientParts {
  const { retry = false, breaker = {}, logger = silent } = options;
  const addresses = addressesOf(options.servers, process.env.NATS_URL, options.plaintext);
  const connection = connectionOf(options, addresses, logger);
  connection.listen((event) => logConnection(logger, event));
  const subscriptions = new StandingSubscriptions(connection);
  const metrics = options.metrics ? new Metrics() : undefined;
  const observers = new Observers([
    tracingObserver(options.tracing),
    options.logger && !options.logProblemsOnly ? logObserver(logger) : undefined,
    metrics,
  ]);
  const timeoutMs = options.requestTimeoutMs ?? NATS_CONFIG.REQUEST_TIMEOUT;
  const warn = (pattern: string, state: string) => logger.warn({ subject: pattern }, `NATS breaker ${state}`);
  const requests = {
    ...{ connection, observers, timeoutMs },
    resilience: new Resilience(breaker, warn),
    retry: retry === true ? {} : retry,
  };
  const stopping = new AbortController();
  const inFlight = new InFlight();
  const shared = { connection, observers, inFlight, logger, signal: stopping.signal };
  return {
    ...{ addresses, connection, subscriptions, inFlight, stopping, logger, metrics, observers, requests },
    store: { connection, observers, timeoutMs, logger, name: options.name },
    service: new Service(options, { ...shared, subscriptions }),
    consumers: new Consumers(shared),
  };
}

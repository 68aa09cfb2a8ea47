import type { Plaintext } from "./addresses";
import type { Authentication } from "./authentication";
import type { Logger } from "./observe/log";
import type { BreakerOptions, RetryOptions } from "./resilience";
import type { ServiceOptions } from "./serve/service";
import type { Transport } from "./transport/link";

/** Options of a client. All have defaults: with `NATS_URL` set and no login needed, there is nothing to say. */
export interface ClientOptions extends ServiceOptions {
  /** `tls://` addresses, as a list or separated by commas. @default the variable `NATS_URL`, then {@link NATS_CONFIG} */
  servers?: string | readonly string[];
  /** @default none */
  authentication?: Authentication;
  /** Allows `nats://` addresses, which are not encrypted: of this machine, or behind a service mesh. @default not */
  plaintext?: Plaintext;
  /** File with the CA certificates to trust instead of Node's; read on every connect, so a CA can be rolled. */
  caFile?: string;
  /** The same as text. */
  ca?: string;
  /** Name to verify in the server's certificate, where it differs from the dialled one. */
  tlsServername?: string;
  /** @default the private inbox prefix of the token's `sub`, the nkey or the creds */
  inboxPrefix?: string;
  /** For the first connect as a whole. @default 5000 */
  connectTimeoutMs?: number;
  /** @default 5000 */
  requestTimeoutMs?: number;
  /** How long a drain waits for handlers; below the time that the platform gives. @default 20000 */
  drainTimeoutMs?: number;
  /** The first dial after a disconnect waits for a random part of this, so that clients do not come back together. @default 2000 */
  reconnectSpreadMs?: number;
  /** @default 25000 */
  pingIntervalMs?: number;
  /** What requests are sent again. @default false: errors come at once */
  retry?: RetryOptions | boolean;
  /** @default ten unanswered requests open it, and one is tried after 5 seconds */
  breaker?: BreakerOptions | false;
  /** Gets a line for each operation, and problems. @default none */
  logger?: Logger;
  /** Problems alone are logged, operations are not. @default false */
  logProblemsOnly?: boolean;
  /** Counts operations, for {@link Client.metrics}. @default false */
  metrics?: boolean;
  /** Spans and trace context, with `@opentelemetry/api`. @default once the program has registered a tracer provider */
  tracing?: boolean;
  /** The line of nats.js. @default `@nats-io/transport-node` 3 */
  transport?: Transport;
}
